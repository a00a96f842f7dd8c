/** Writes the files of packaging/ that `service --print` prints too. */
import { packagedText, SERVICE_FILES } from "./files.ts";

if (import.meta.main) {
  for (const file of SERVICE_FILES) {
    const path = new URL(`../../packaging/${file.packaged}`, import.meta.url);
    Deno.writeTextFileSync(path, packagedText(file));
  }
}
