/** Why a syslog server takes nothing, for people. */
import { ioErrorText } from "../io_error.ts";

/** What is wrong, and what to do about it where that is known. */
export function troubleText(error: unknown): string {
  const text = ioErrorText(error);
  if (/UnknownIssuer/.test(text)) {
    return `${text}: name the authority of its certificate with --syslog-ca FILE`;
  }
  if (/not valid for name|NotValidForName/.test(text)) {
    return `${text}: write the name that its certificate has`;
  }
  if (/CertificateRequired|HandshakeFailure|certificate required/i.test(text)) {
    return `${text}: it may want a certificate, see --syslog-cert FILE`;
  }
  return text;
}
