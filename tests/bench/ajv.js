// ajv.js: does with ajv what bench_schema.c does with our validator; see there.
//
//     node ajv.js time SCHEMA DOCUMENTS MILLISECONDS
//     node ajv.js judge
const fs = require("fs");
const readline = require("readline");
const Ajv = require("ajv/dist/2020");
const addFormats = require("ajv-formats");

function compile(schema, validateFormats) {
    const ajv = new Ajv({ strict: false, validateFormats, logger: false, addUsedSchema: false });
    if (validateFormats) addFormats(ajv);
    return ajv.compile(schema);
}

// Nanoseconds a call.
function measure(call, least) {
    for (let times = 1; ; times *= 2) {
        const start = process.hrtime.bigint();
        for (let i = 0; i < times; i++) if (!call()) throw new Error("a document is not valid");
        const taken = Number(process.hrtime.bigint() - start);
        if (taken >= least) return taken / times;
    }
}

function time(schemaPath, documentsPath, milliseconds) {
    const validate = compile(JSON.parse(fs.readFileSync(schemaPath, "utf8")), true);
    const lines = fs.readFileSync(documentsPath, "utf8").trimEnd().split("\n");
    const documents = lines.map((line) => JSON.parse(line));
    const least = milliseconds * 1e6;
    const validation = () => documents.map((d) => measure(() => validate(d), least));
    const both = () => lines.map((l) => measure(() => validate(JSON.parse(l)), least));
    // The first time is for the compiler of node to see what is hot.
    validation();
    both();
    const times = [validation(), both()];
    for (const i of lines.keys()) console.log(times[0][i].toFixed(1), times[1][i].toFixed(1));
}

function judge(line) {
    const task = JSON.parse(line);
    try {
        const validate = compile(task.schema, false);
        return task.documents.map((d) => (validate(d) ? "V" : "I")).join("");
    } catch (error) {
        return "refused: " + error.message.replaceAll("\n", " ");
    }
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === "time") time(rest[0], rest[1], Number(rest[2]));
else readline.createInterface({ input: process.stdin }).on("line", (l) => console.log(judge(l)));
