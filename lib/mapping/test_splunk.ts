/** A plain reader of what Splunk is told: as far as it goes, what Splunk makes of records. */

/**
 * Reads packaging/splunk as Splunk does, as far as it goes: finds the fields of each line by the stanza of its
 * source type, then aliases, then expressions (which do not see each other), then event types, then tags.
 */
export const SPLUNK = String.raw`
import configparser, json, re, sys
given = json.load(sys.stdin)

def conf(text):
    parser = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=True)
    parser.optionxform = str
    parser.read_string(text)
    return parser

props, eventtypes, tags = (conf(given["files"][name + ".conf"]) for name in ("props", "eventtypes", "tags"))
conf(given["files"]["limits.conf"])

def leaves(name, value, fields):
    if isinstance(value, dict):
        for key, inner in value.items():
            leaves(name + "." + key if name else key, inner, fields)
    elif isinstance(value, list):
        fields[name + "{}"] = value
    else:
        fields[name] = value

def extract(mode, line):
    fields = {}
    if mode == "json":
        leaves("", json.loads(line), fields)
        return fields
    assert mode == "auto", mode
    for key, quoted, bare in re.findall(r'([A-Za-z_]\w*)=(?:"([^"]*)"|([^\s",]+))', line):
        assert key not in fields, line
        fields[key] = quoted or bare
    return fields

def case(*pairs):
    for condition, value in zip(pairs[::2], pairs[1::2]):
        if condition:
            return value
    return None

FUNCTIONS = {
    "IF": lambda condition, yes, no: yes if condition else no,
    "case": case,
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
    "isnull": lambda value: value is None,
    "isnotnull": lambda value: value is not None,
    "match": lambda text, regex: text is not None and re.search(regex, text) is not None,
    "mvjoin": lambda values, by: None if values is None else by.join(values),
    "null": lambda: None,
    "true": lambda: True,
    "printf": lambda form, *values: form % values,
    "replace": lambda text, regex, by: None if text is None else re.sub(regex, lambda _: by, text),
    "EQ": lambda a, b: a is not None and b is not None and str(a) == str(b),
    "GT": lambda a, b: a is not None and float(a) > b,
    "DIV": lambda a, b: None if a is None else a / b,
}
TOKEN = re.compile(r"""'[^']*'|"(?:[^"\\]|\\.)*"|[A-Za-z_]\w*|\d+|[(),=>/]|\s+""")

def tokens(expression):
    found = TOKEN.findall(expression)
    assert "".join(found) == expression, expression
    return [token for token in found if token.strip()]

# A plain descent: OR, AND, NOT, comparison, division, value.
def parse(expression):
    rest = tokens(expression)
    def either():
        left = both()
        while rest and rest[0] == "OR":
            rest.pop(0)
            left = (lambda a, b: lambda f: bool(a(f)) or bool(b(f)))(left, both())
        return left
    def both():
        left = negated()
        while rest and rest[0] == "AND":
            rest.pop(0)
            left = (lambda a, b: lambda f: bool(a(f)) and bool(b(f)))(left, negated())
        return left
    def negated():
        if rest[0] == "NOT":
            rest.pop(0)
            inner = negated()
            return lambda f: not inner(f)
        left = value()
        while rest and rest[0] in "=>/":
            function = FUNCTIONS[{"=": "EQ", ">": "GT", "/": "DIV"}[rest.pop(0)]]
            left = (lambda a, b, function: lambda f: function(a(f), b(f)))(left, value(), function)
        return left
    def value():
        token = rest.pop(0)
        if token == "(":
            inner = either()
            assert rest.pop(0) == ")"
            return inner
        if token[0] == "'":
            return lambda f: f.get(token[1:-1])
        if token[0] == '"':
            text = re.sub(r'\\(["\\])', r"\1", token[1:-1])
            return lambda f: text
        if token.isdigit():
            return lambda f: int(token)
        if not rest or rest[0] != "(":
            return lambda f: f.get(token)
        rest.pop(0)
        arguments = []
        while rest[0] != ")":
            arguments.append(either())
            if rest[0] == ",":
                rest.pop(0)
        rest.pop(0)
        function = FUNCTIONS["IF" if token == "if" else token]
        return lambda f: function(*(argument(f) for argument in arguments))
    result = either()
    assert not rest, expression
    return result

def stanza(sourcetype):
    settings = props[sourcetype]
    aliases, evals = [], []
    for key, value in settings.items():
        if key.startswith("FIELDALIAS-"):
            source, name = re.fullmatch(r'"([^"]+)" AS (\w+)', value).groups()
            assert key == "FIELDALIAS-" + name
            aliases.append((source, name))
        if key.startswith("EVAL-"):
            evals.append((key[len("EVAL-"):], parse(value)))
    prefix = re.compile(settings["TIME_PREFIX"] + r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
    return settings["KV_MODE"], prefix, aliases, evals

STANZAS = {name: stanza(name) for name in props.sections()}

def search(text, fields):
    """The little of Splunk's search language that event types here are made of."""
    text = re.sub(r'(\w+)=(?:"([^"]*)"|([\w*]+))', lambda m: "HAS(%r,%r)" % (m[1], m[2] or m[3]), text)
    text = re.sub(r"\) (?=HAS|\(|NOT)", ") and ", text)
    text = text.replace(" OR ", " or ").replace("NOT ", "not ")
    has = lambda name, wanted: name in fields and (wanted == "*" or str(fields[name]) == wanted)
    return eval(text, {"HAS": has})

def tagged(fields):
    found = []
    for name in eventtypes.sections():
        if search(eventtypes[name]["search"], fields):
            found += [tag for tag, on in tags["eventtype=" + name].items() if on == "enabled"]
    return sorted(found)

result = []
for sourcetype, line in given["lines"]:
    mode, prefix, aliases, evals = STANZAS[sourcetype]
    assert prefix.match(line), line
    fields = extract(mode, line)
    for source, name in aliases:
        if source in fields:
            fields[name] = fields[source]
    fields.update({name: value for name, value in [(name, run(fields)) for name, run in evals]
                   if value is not None})
    fields["sourcetype"] = sourcetype
    result.append({"fields": fields, "tags": tagged(fields)})
json.dump(result, sys.stdout)`;
