/** In what order the summaries of a window are given out. */
import type { Connection } from "../../connection.ts";
import { isDenied } from "../../denied.ts";
import { servicePort } from "../../service_port.ts";

type Compare = (a: Connection, b: Connection) => number;
type Value = string | number;

/** Orders by a value, ties as they come. */
function by(value: (connection: Connection) => Value | undefined, sign: 1 | -1 = 1): Compare {
  return (a, b) => {
    const [x = "", y = ""] = [value(a), value(b)];
    return x === y ? 0 : (x < y ? -sign : sign);
  };
}

function bytes({ bytesIn = 0, bytesOut = 0 }: Connection): number {
  return bytesIn + bytesOut;
}

/** By name, as `--sort` takes them. Counts and bytes begin with the largest. */
export const FOLD_ORDERS: Readonly<Record<string, Compare>> = {
  action: by((record) => isDenied(record) ? "denied" : "allowed"),
  app: by(({ process }) => process?.executable ?? process?.name),
  bytes: by(bytes, -1),
  count: by(({ count = 0 }) => count, -1),
  direction: by(({ direction }) => direction),
  host: by(({ remote }) => remote?.name),
  ip: by(({ remote }) => remote?.ip),
  port: by(servicePort),
};
