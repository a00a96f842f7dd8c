/** Certificates for tests, made with openssl. */
import { runOther } from "./program.ts";

/** Paths of files in PEM. */
export interface Certificates {
  readonly ca: string;
  /** Of the client. */
  readonly cert: string;
  readonly key: string;
  /** Of the server, whose name is `localhost` and no other. */
  readonly serverCert: string;
  readonly serverKey: string;
}

const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"] as const;

/** Makes an authority (`ca.pem`) and what it has signed: `server.pem` and `client.pem`, and their keys. */
export async function makeCertificates(directory: string): Promise<Certificates> {
  const path = (name: string) => `${directory}/${name}`;
  const openssl = (...args: string[]) => runOther(["/usr/bin/openssl", ...args]);
  const [ca, caKey] = [path("ca.pem"), path("ca.key")];
  await openssl("req", "-x509", ...CURVE, "-keyout", caKey, "-out", ca, "-subj", "/CN=test");
  const extensions = path("extensions");
  await Deno.writeTextFile(extensions, "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n");
  for (const name of ["server", "client"]) {
    const [request, key] = [path(`${name}.csr`), path(`${name}.key`)];
    await openssl("req", ...CURVE, "-keyout", key, "-out", request, "-subj", `/CN=${name}`);
    const signing = ["-CA", ca, "-CAkey", caKey, "-CAcreateserial", "-extfile", extensions];
    await openssl("x509", "-req", "-in", request, ...signing, "-out", path(`${name}.pem`));
  }
  return {
    ca,
    cert: path("client.pem"),
    key: path("client.key"),
    serverCert: path("server.pem"),
    serverKey: path("server.key"),
  };
}
