/** Opens what records are written to, as the options say. */
import type { OptionValues } from "../cli/spec.ts";
import { EXIT, ExitError } from "../exit.ts";
import type { FormatContext } from "../formats/format.ts";
import { createFormat, createProcessesFormat } from "../formats/formats.ts";
import { FORMAT_NAMES, type FormatName } from "../formats/names.ts";
