// emulate leaves out users.getProfile, where Gmail says the history id that changes begin at: it is put together here.
import { Server } from "node:http";

const PROFILE = /^\/gmail\/v1\/users\/([^/?]+)\/profile(\?|$)/;
const emit = Server.prototype.emit;

async function answer(origin, user, headers, response) {
  const read = async (path) => {
    const found = await fetch(origin + path, { headers });
    return { status: found.status, document: await found.json() };
  };
  const history = await read(`/gmail/v1/users/${user}/history?startHistoryId=0&maxResults=1`);
  const about = await read("/oauth2/v2/userinfo");
  const refused = [history, about].find(({ status }) => status !== 200);
  const profile = { emailAddress: about.document.email, historyId: history.document.historyId };
  response.writeHead(refused?.status ?? 200, { "Content-Type": "application/json" });
  response.end(JSON.stringify(refused?.document ?? profile));
}

Server.prototype.emit = function (event, request, response, ...rest) {
  const asked = event === "request" && request.method === "GET" && request.url.match(PROFILE);
  if (!asked) return emit.call(this, event, request, response, ...rest);
  const headers = { authorization: request.headers.authorization ?? "" };
  answer(`http://127.0.0.1:${this.address().port}`, asked[1], headers, response).catch(() => response.destroy());
  return true;
};
