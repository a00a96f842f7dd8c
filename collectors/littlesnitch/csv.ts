/**
 * Reads CSV (RFC 4180) as a stream of bytes, in bounded memory. Rows end with LF or CR LF, also the last
 * one may; empty lines are no rows. A quotation mark in a field that is not quoted, and anything between
 * the one that ends a field and the next comma, is an error: the row is dropped.
 *
 * Where a row is dropped, reading goes on after its first line feed: a quotation mark that is never
 * closed costs its own row, and none of those that it seems to hold.
 */
import { CsvRow, MAX_ROW } from "./csv_row.ts";

/** Longest field, bytes, as it stands between its quotation marks. */
export const MAX_FIELD = 64 * 1024;

/** Bytes that are taken in at a time. */
const SLICE = 64 * 1024;

const LINE_FEED = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const COMMA = 0x2c;

/** Where in a row the next byte is. */
type Place =
  /** At the beginning of a field. */
  | "begin"
  /** In a field without quotation marks. */
  | "plain"
  /** Between quotation marks. */
  | "quoted"
  /** After a quotation mark that ends the field, or is the first of two. */
  | "closed"
  /** After the carriage return that follows such a one. */
  | "return"
  /** In a line that is dropped. */
  | "dropped";

/** Why a row was dropped. */
export type CsvFault = "malformed" | "oversize";

/** Takes what is read. */
export interface CsvHandlers {
  /** A row: valid only during the call. */
  row(row: CsvRow): void;
  /** A row that was dropped: `line` is its first line, cut where it is not all there. */
  dropped(fault: CsvFault, line: Uint8Array): void;
}

/** Reads one stream. */
export class CsvReader {
  readonly #handlers: CsvHandlers;
  readonly #row = new CsvRow();
  readonly #data = new Uint8Array(MAX_ROW + SLICE);
  /** Bytes that are in it. */
  #length = 0;
  /** Where the row begins. */
  #begin = 0;
  /** Where its last field begins, from there. */
  #field = 0;
  /** Where the next byte to look at is. */
  #at = 0;
  #place: Place = "begin";
  #isTooLong = false;

  constructor(handlers: CsvHandlers) {
    this.#handlers = handlers;
  }

  /** Whether the next byte begins a row. */
  get isBetweenRows(): boolean {
    return this.#begin === this.#length && this.#place === "begin";
  }

  /** Takes the next bytes, as many as they are. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += SLICE) this.#take(chunk.subarray(at, at + SLICE));
  }

  /**
   * The stream has ended.
   *
   * @param whole Whether what comes after the last line feed is a row; else it counts as torn, however
   * whole it looks.
   */
  end(whole: boolean): void {
    while (this.#begin < this.#length) {
      if (whole && this.#place !== "quoted") this.#endRow(this.#length);
      else this.#drop(this.#length);
      this.#scan();
    }
  }

  #take(slice: Uint8Array): void {
    if (this.#begin > 0) {
      this.#data.copyWithin(0, this.#begin, this.#length);
      this.#length -= this.#begin;
      this.#at -= this.#begin;
      this.#begin = 0;
    }
    this.#data.set(slice, this.#length);
    this.#length += slice.length;
    this.#scan();
    while (this.#length - this.#begin > MAX_ROW) {
      this.#drop(this.#length);
      this.#scan();
    }
  }

  /** Reads as far as there are bytes. */
  #scan(): void {
    const length = this.#length;
    const data = this.#data.subarray(0, length);
    while (this.#at < length) {
      let at = this.#at;
      switch (this.#place) {
        case "quoted": {
          const quote = data.indexOf(QUOTE, at);
          this.#at = quote < 0 ? length : quote + 1;
          if (quote >= 0) this.#place = "closed";
          continue;
        }
        case "dropped": {
          const lineFeed = data.indexOf(LINE_FEED, at);
          this.#startRow(lineFeed < 0 ? length : lineFeed + 1);
          if (lineFeed < 0) this.#place = "dropped";
          continue;
        }
        case "begin":
        case "plain":
          for (; at < length; at++) {
            const byte = data[at];
            if (byte === COMMA || byte === LINE_FEED || byte === QUOTE) break;
          }
          if (at > this.#at) this.#place = "plain";
          this.#at = at;
          if (at === length) return;
          break;
      }
      this.#special(data[at] ?? 0, at);
    }
  }

  /** Takes a byte that may end a field, or that comes after its end. */
  #special(byte: number, at: number): void {
    const place = this.#place;
    this.#at = at + 1;
    if (byte === LINE_FEED) this.#endRow(at);
    else if (byte === COMMA && place !== "return") this.#endField(at);
    else if (byte === RETURN && place === "closed") this.#place = "return";
    else if (byte === QUOTE && place === "begin") {
      this.#field++;
      this.#place = "quoted";
    } else if (byte === QUOTE && place === "closed") this.#place = "quoted";
    else this.#drop(at);
  }

  /** @param at Where the comma, the line feed or the end of the stream is. */
  #endField(at: number): void {
    let end = at - this.#begin;
    if (this.#place === "closed") end -= 1;
    if (this.#place === "return") end -= 2;
    if (end - this.#field > MAX_FIELD) this.#isTooLong = true;
    this.#row.add(this.#field, end);
    this.#field = at + 1 - this.#begin;
    this.#place = "begin";
  }

  #endRow(at: number): void {
    const isReturn = this.#place === "plain" && this.#data[at - 1] === RETURN;
    const isEmpty = this.#row.length === 0 &&
      (this.#place === "begin" || (isReturn && at - 1 === this.#begin));
    if (isEmpty) return this.#startRow(at + 1);
    if (at - this.#begin > MAX_ROW) return this.#drop(at);
    this.#endField(isReturn ? at - 1 : at);
    const row = this.#row;
    if (this.#isTooLong) this.#tell("oversize", at);
    else {
      row.place(this.#data, this.#begin, at);
      this.#handlers.row(row);
    }
    this.#startRow(at + 1);
  }

  /** Drops the row that has begun, and goes on after its first line feed. */
  #drop(at: number): void {
    const lineFeed = this.#data.subarray(0, this.#length).indexOf(LINE_FEED, this.#begin);
    this.#tell(
      at - this.#begin > MAX_ROW ? "oversize" : "malformed",
      lineFeed < 0 ? this.#length : lineFeed,
    );
    this.#startRow(lineFeed < 0 ? this.#length : lineFeed + 1);
    if (lineFeed < 0) this.#place = "dropped";
  }

  #tell(fault: CsvFault, end: number): void {
    this.#handlers.dropped(fault, this.#data.subarray(this.#begin, end));
  }

  #startRow(at: number): void {
    // At the end of the stream there is no line feed to step over.
    this.#begin = this.#at = Math.min(at, this.#length);
    this.#field = 0;
    this.#place = "begin";
    this.#isTooLong = false;
    this.#row.clear();
  }
}
