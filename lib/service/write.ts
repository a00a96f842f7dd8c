/** Writes the files of packaging/ that `service --print` prints too, and those for Splunk. */
import { splunkFiles } from "../mapping/splunk_conf.ts";
import { packagedText, SERVICE_FILES } from "./files.ts";

const PACKAGING = new URL("../../packaging/", import.meta.url);

if (import.meta.main) {
  for (const file of SERVICE_FILES) {
    Deno.writeTextFileSync(new URL(file.packaged, PACKAGING), packagedText(file));
  }
  Deno.mkdirSync(new URL("splunk/", PACKAGING), { recursive: true });
  for (const { name, text } of splunkFiles()) {
    Deno.writeTextFileSync(new URL(`splunk/${name}`, PACKAGING), text);
  }
}
