// The golden calls with the types of openapi-typescript and the client of openapi-fetch.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import type { paths as Desk } from "./iptv.js";
import type { components, paths as Facility } from "./v2.js";

const { SERVER, KEY, OBJECT, CASE, PICTURE } = process.env as Record<string, string>;
const headers = { "x-API-Key": KEY };
const facility = createClient<Facility>({ baseUrl: `${SERVER}/v2`, headers });
const desk = createClient<Desk>({ baseUrl: `${SERVER}/iptv`, headers });

const code: components["schemas"]["ErrorCode"] = "required";

const made = await facility.POST("/complaints", {
  body: { desc: "Lyset er gået", objectId: OBJECT, contact: { email: "karen@example.dk" }, tags: ["lys"] },
});
assert.equal(made.response.status, 201);
assert.ok(made.data);
const id = made.data._id;

const listed = await facility.GET("/complaints", {
  params: {
    query: {
      limit: 1, sort: "number:-1", objectIds: [OBJECT], from: "2020-01-01T00:00:00Z",
      generalField: JSON.stringify({ key: "_id", operator: "equals", value: id, fieldType: "objectid" }),
    },
  },
});
assert.deepEqual(listed.data?.map((one) => one._id), [id]);

const read = await facility.GET("/complaints/{id}", { params: { path: { id } } });
assert.ok(read.data);
const stamp = read.data.status.lastModifiedAt;
const changed = await facility.PATCH("/complaints/{id}", { params: { path: { id } }, body: { desc: "Lyset virker" } });
assert.equal(changed.data?.desc, "Lyset virker");
const clash = await facility.PATCH("/complaints/{id}", {
  params: { path: { id } },
  body: { desc: "Lyset er væk", status: { lastModifiedAt: stamp } },
});
assert.equal(clash.response.status, 409);
assert.equal(clash.error?.errors[0].code, "conflict");

const wrong = await facility.POST("/complaints", { body: { desc: "", objectId: OBJECT } });
assert.equal(wrong.error?.errors[0].code, code);
const missing = await facility.GET("/complaints/{id}", { params: { path: { id: "f".repeat(24) } } });
assert.equal(missing.response.status, 404);

const file = new File([readFileSync(PICTURE)], "lampe.png", { type: "image/png" });
const sent = await facility.POST("/upload/images/{path}", {
  params: { path: { path: "complaints" } },
  body: { file: file as unknown as string },
  bodySerializer: (body) => {
    const form = new FormData();
    form.append("file", body.file as unknown as File);
    return form;
  },
});
assert.match(sent.data?.url ?? "", /^http/);

const page = await desk.GET("/supportcase", { params: { query: { limit: 1, offset: 0, solved: false, sort: "date:-1" } } });
assert.equal(page.data?.supportCases[0]._id, CASE);
assert.equal(page.data?.limit, 1);
const case_ = await desk.GET("/supportcase/{id}", { params: { path: { id: CASE } } });
assert.ok(case_.data);
const comments = [...case_.data.comments, { comment: "Det virker nu" }];
const commented = await desk.POST("/supportcase/{id}", { params: { path: { id: CASE } }, body: { comments } });
assert.equal(commented.data?.comments.length, comments.length);
const odd = await desk.POST("/supportcase/{id}", { params: { path: { id: CASE } }, body: { name: "" } });
assert.equal(odd.response.status, 422);
assert.equal(odd.error?.code, 422);
