/** Checks an event against the parts of OCSF in `fixtures/ocsf/`, in the plainest way. */
import { isIP } from "node:net";

interface Attribute {
  readonly type: string;
  readonly requirement?: "required";
  readonly "is_array"?: boolean;
  readonly enum?: readonly number[];
  readonly profile?: string;
}

interface Definition {
  readonly uid?: number;
  readonly constraints?: { readonly "at_least_one": readonly string[] };
  readonly attributes: Readonly<Record<string, Attribute>>;
}

interface OcsfSchema {
  readonly version: string;
  readonly classes: Readonly<Record<string, Definition>>;
  readonly objects: Readonly<Record<string, Definition>>;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** The schema. */
export const OCSF: OcsfSchema = JSON.parse(
  Deno.readTextFileSync(new URL("../../fixtures/ocsf/schema-1.8.0.json", import.meta.url)),
);

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value is of a type that is no object; of those that are texts, only addresses have a form here. */
function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case "integer_t":
    case "long_t":
      return Number.isInteger(value);
    case "timestamp_t":
      return Number.isSafeInteger(value) && Number(value) >= 0;
    case "port_t":
      return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65535;
    case "boolean_t":
      return typeof value === "boolean";
    case "ip_t":
      return typeof value === "string" && isIP(value) !== 0;
    default:
      return type.endsWith("_t") && typeof value === "string";
  }
}

/** What is wrong with an event, by the path of each attribute; empty where nothing is. */
export function ocsfFaults(event: unknown): string[] {
  const faults: string[] = [];
  if (!isObject(event)) return ["the event is no object"];
  const { metadata } = event;
  const profiles = isObject(metadata) && Array.isArray(metadata["profiles"])
    ? metadata["profiles"]
    : [];

  function checkValue(path: string, attribute: Attribute, value: unknown): void {
    const { type } = attribute;
    const definition = OCSF.objects[type];
    if (type === "object") {
      if (!isObject(value)) faults.push(`${path} is no object`);
    } else if (definition !== undefined) {
      checkObject(path, definition, value);
    } else if (!isOfType(type, value)) {
      faults.push(`${path} is no ${type}: ${JSON.stringify(value)}`);
    } else if (attribute.enum !== undefined && !attribute.enum.includes(Number(value))) {
      faults.push(`${path} cannot be ${value}`);
    }
  }

  function checkAttribute(path: string, attribute: Attribute, value: unknown): void {
    if (attribute.profile !== undefined && !profiles.includes(attribute.profile)) {
      faults.push(`${path} is of the profile ${attribute.profile}, which is not declared`);
    }
    if (attribute["is_array"] !== true) return checkValue(path, attribute, value);
    if (!Array.isArray(value)) return void faults.push(`${path} is no list`);
    for (const item of value) checkValue(`${path}[]`, attribute, item);
  }

  function checkObject(
    path: string,
    { attributes, constraints }: Definition,
    value: unknown,
  ): void {
    if (!isObject(value)) return void faults.push(`${path} is no object`);
    for (const [name, item] of Object.entries(value)) {
      const attribute = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
      if (attribute === undefined) faults.push(`${path}.${name} is not in the schema`);
      else checkAttribute(`${path}.${name}`, attribute, item);
    }
    for (const [name, { requirement }] of Object.entries(attributes)) {
      if (requirement === "required" && !(name in value)) faults.push(`${path}.${name} is missing`);
    }
    const names = constraints?.["at_least_one"];
    if (names !== undefined && !names.some((name) => name in value)) {
      faults.push(`${path} has none of ${names.join(", ")}`);
    }
  }

  const definition = Object.values(OCSF.classes).find(({ uid }) => uid === event["class_uid"]);
  if (definition === undefined) return [`there is no class ${event["class_uid"]}`];
  checkObject("event", definition, event);
  if (event["type_uid"] !== Number(event["class_uid"]) * 100 + Number(event["activity_id"])) {
    faults.push("type_uid is not class_uid * 100 + activity_id");
  }
  if (isObject(metadata) && metadata["version"] !== OCSF.version) {
    faults.push(`metadata.version is not ${OCSF.version}`);
  }
  return faults;
}
