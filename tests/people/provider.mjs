// A real OpenID provider for the tests: `node provider.mjs REDIRECT_URI`. It says where it is in its first line, and
// ends with its standard input. Whoever signs in as NAME is NAME; what is said of them is below.
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const PEOPLE = {
  ann: { name: "Ann Other", email: "ann@example.org", email_verified: true },
  zoe: { name: "Zoë Ödmann", email: "zoe@example.org", email_verified: true },
  mallory: { name: "Ann Other", email: "ann@example.org", email_verified: false },
  odd: { name: "<script>alert(1)</script>\u0000\u202e", email: "no e-mail at all", email_verified: true },
  bare: {},
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: "registers", client_secret: "a secret of two", redirect_uris: [process.argv[2]] }],
    claims: { openid: ["sub"], profile: ["name"], email: ["email", "email_verified"] },
    cookies: { keys: ["a key of the tests"] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...PEOPLE[sub] }) }),
    pkce: { required: () => true },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.on("end", () => process.exit()).resume();
