// The golden calls with the clients of openapi-generator's typescript-fetch (`generated_v2`, `generated_iptv`).
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Configuration as DeskConfiguration, SupportCasesApi } from "./generated_iptv/index.js";
import { ComplaintsApi, Configuration, ResponseError, UploadsApi } from "./generated_v2/index.js";

const { SERVER, KEY, OBJECT, CASE, PICTURE } = process.env as Record<string, string>;
const headers = { "x-API-Key": KEY };
const complaints = new ComplaintsApi(new Configuration({ basePath: `${SERVER}/v2`, headers }));

async function refusal(call: Promise<unknown>) {
    try {
        await call;
    } catch (error) {
        assert(error instanceof ResponseError);
        return { status: error.response.status, body: await error.response.json() };
    }
    throw new Error("It was not refused.");
}

const made = await complaints.createComplaint({
    complaintNew: { desc: "Lyset er gået", objectId: OBJECT, contact: { email: "karen@example.dk" }, tags: new Set(["lys"]) },
});
const id = made.id;
const generalField = JSON.stringify({ key: "_id", operator: "equals", value: id });
const listed = await complaints.listComplaints({ limit: 1, objectIds: [OBJECT], sort: "number:-1", generalField });
assert.deepEqual(listed.map((one) => one.id), [id]);

const read = await complaints.getComplaint({ id });
const changed = await complaints.updateComplaint({ id, complaintUpdate: { desc: "Lyset virker" } });
assert.equal(changed.desc, "Lyset virker");
const status = { lastModifiedAt: read.status.lastModifiedAt };
const clash = await refusal(complaints.updateComplaint({ id, complaintUpdate: { desc: "Lyset er væk", status } }));
assert.deepEqual([clash.status, clash.body.errors[0].code], [409, "conflict"]);
const wrong = await refusal(complaints.createComplaint({ complaintNew: { desc: "", objectId: OBJECT } }));
assert.deepEqual([wrong.status, wrong.body.errors[0].code], [400, "required"]);

const file = new File([readFileSync(PICTURE)], "lampe.png");
const sent = await new UploadsApi(new Configuration({ basePath: `${SERVER}/v2`, headers })).uploadImage({ path: "complaints", file });
assert.match(sent.url, /^http/);

const cases = new SupportCasesApi(new DeskConfiguration({ basePath: `${SERVER}/iptv`, headers }));
const page = await cases.listSupportCases({ limit: 1, solved: false });
assert.deepEqual([page.limit, page.supportCases[0].id], [1, CASE]);
const support = await cases.getSupportCase({ id: CASE });
const comments = [...support.comments, { comment: "Det virker nu" }];
const commented = await cases.updateSupportCase({ id: CASE, supportCaseUpdate: { comments } });
assert.equal(commented.comments.length, comments.length);
