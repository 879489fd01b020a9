// The golden calls with the functions of orval.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { getSupportCase, listSupportCases, updateSupportCase } from "./orval_iptv.js";
import { createComplaint, getComplaint, listComplaints, updateComplaint, uploadImage } from "./orval_v2.js";

const { KEY, OBJECT, CASE, PICTURE } = process.env as Record<string, string>;
const options = { headers: { "x-API-Key": KEY } };

const made = await createComplaint({ desc: "Lyset er gået", objectId: OBJECT, tags: ["lys"] }, options);
assert(made.status === 201);
const id = made.data._id;

const generalField = JSON.stringify({ key: "_id", operator: "equals", value: id });
const listed = await listComplaints({ limit: 1, objectIds: [OBJECT], sort: "number:-1", generalField }, options);
assert(listed.status === 200);
assert.deepEqual(listed.data.map((one) => one._id), [id]);

const read = await getComplaint(id, options);
assert(read.status === 200);
const changed = await updateComplaint(id, { desc: "Lyset virker" }, options);
assert(changed.status === 200);
assert.equal(changed.data.desc, "Lyset virker");
const stamp = read.data.status.lastModifiedAt;
const clash = await updateComplaint(id, { desc: "Lyset er væk", status: { lastModifiedAt: stamp } }, options);
assert(clash.status === 409);
assert.equal(clash.data.errors[0].code, "conflict");
const wrong = await createComplaint({ desc: "", objectId: OBJECT }, options);
assert(wrong.status === 400);
assert.equal(wrong.data.errors[0].code, "required");

const sent = await uploadImage("complaints", { file: new File([readFileSync(PICTURE)], "lampe.png") }, options);
assert(sent.status === 200);
assert.match(sent.data.url, /^http/);

const page = await listSupportCases({ limit: 1, solved: false }, options);
assert(page.status === 200);
assert.deepEqual([page.data.limit, page.data.supportCases[0]._id], [1, CASE]);
const read_case = await getSupportCase(CASE, options);
assert(read_case.status === 200);
const comments = [...read_case.data.comments, { comment: "Det virker nu" }];
const commented = await updateSupportCase(CASE, { comments }, options);
assert(commented.status === 200);
assert.equal(commented.data.comments.length, comments.length);
