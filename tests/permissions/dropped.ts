/** A program whose main thread gives up its permissions and then tries all that it should not. */
import { dropPermissions, heldPermissions } from "../../lib/permissions.ts";
import { attemptAll } from "./attempts.ts";

const [out = ""] = Deno.args;
const file = Deno.openSync(out, { append: true, create: true });
const before = await heldPermissions();
await dropPermissions();
const results = {
  before,
  after: await heldPermissions(),
  regained: (await Deno.permissions.request({ name: "net" })).state,
  refused: await attemptAll(),
};
// What was open stays open.
file.writeSync(new TextEncoder().encode(JSON.stringify(results)));
file.close();
