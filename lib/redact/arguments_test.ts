import { assertEquals, assertStrictEquals } from "@std/assert";
import { redactArguments } from "./arguments.ts";

/** Words apart by blanks; `S3cr3t` is what must go, `~` stands for a blank inside a word. */
function argv(line: string): string[] {
  return line.split(" ").map((word) => word.replaceAll("~", " "));
}

const SECRETS = [
  "app --password=S3cr3t",
  "app --password S3cr3t",
  "app -password S3cr3t --x",
  "app --db.password=S3cr3t",
  "app --dbPassword S3cr3t",
  "app --client-secret=S3cr3t",
  "app --api-key S3cr3t",
  "app --apiKey=S3cr3t",
  "app --auth-token=S3cr3t",
  "app --passphrase S3cr3t",
  "app --password=S3cr3t~and~more",
  "env PGPASSWORD=S3cr3t psql",
  "env MYSQL_PWD=S3cr3t~x mysql",
  "env AWS_SECRET_ACCESS_KEY=S3cr3t/a+b aws s3 ls",
  "docker run -e POSTGRES_PASSWORD=S3cr3t -p 80:80 postgres",
  "docker run -eDB_PASS=S3cr3t postgres",
  "java -Djavax.net.ssl.keyStorePassword=S3cr3t -jar a.jar",
  "keytool -storepass S3cr3t -list",
  "mysql -u root -pS3cr3t db",
  "docker exec db mysqldump -pS3cr3t all",
  "sshpass -p S3cr3t ssh host",
  "sshpass -pS3cr3t ssh host",
  "smbclient //h/s -U user%S3cr3t",
  "smbclient //h/s -Uuser%S3cr3t",
  "ldapsearch -x -D cn=admin -w S3cr3t -b dc=x",
  "curl -u user:S3cr3t http://example.org",
  "curl -sSu user:S3cr3t http://example.org",
  "curl --user user:S3cr3t http://example.org",
  "curl --user=user:S3cr3t http://example.org",
  "curl -H Authorization:~Bearer~S3cr3t http://example.org",
  "curl -HAuthorization:~Basic~S3cr3t http://example.org",
  "curl --header=X-Api-Key:~S3cr3t http://example.org",
  "curl -H Cookie:~a=S3cr3t;~b=S3cr3t http://example.org",
  "curl -H PRIVATE-TOKEN:~S3cr3t http://example.org",
  "curl -b sid=S3cr3t http://example.org",
  'curl -d {"user":"x","password":"S3cr3t"} http://example.org',
  'curl -d {"user":"x",~"api_key":~"S3cr3t~x"} http://example.org',
  "curl http://example.org/?a=1&token=S3cr3t&b=2",
  "curl http://example.org/?api_key=S3cr3t",
  "curl https://user:S3cr3t@example.org/a",
  "wget --http-password=S3cr3t http://example.org",
  "http -a user:S3cr3t example.org",
  "redis-cli -h x -a S3cr3t ping",
  "mongo -u x -p S3cr3t",
  "openssl rsa -in a.pem -passin pass:S3cr3t",
  "docker login -u x -p S3cr3t registry",
  "rclone copy --sftp-pass S3cr3t a b",
  "git clone https://x-access-token:S3cr3t@example.org/a.git",
  "psql postgres://app:S3cr3t@db/x",
  "psql host=db~password=S3cr3t~user=x",
  "app ghp_S3cr3tS3cr3tS3cr3tS3cr3t",
  "app xoxb-S3cr3tS3cr3tS3cr3t",
  "app sk_live_S3cr3tS3cr3tS3cr3t",
  "app eyJhbGciOiJIUzI1NiJ9.eyJS3cr3tS3cr3t.S3cr3t",
  "app -----BEGIN~RSA~PRIVATE~KEY-----\nS3cr3t\n-----END~RSA~PRIVATE~KEY-----",
  "app -----BEGIN~PRIVATE~KEY-----\nS3cr3t",
  "app say~Bearer~S3cr3tS3cr3t",
  "sh -c mysql~-pS3cr3t~db",
  "sh -c PGPASSWORD='S3cr3t~x'~psql~-h~db",
  "bash -lc mysql~-pS3cr3t~|~gzip;~curl~-u~user:S3cr3t~http://example.org",
  'sh -c curl~-H~"Authorization:~Bearer~S3cr3t"~http://example.org/?token=S3cr3t&a',
  "ssh host sh~-c~'mysql~--password~S3cr3t'",
  "python3 -c password~=~'S3cr3t'",
  "worker:~serve~--token~S3cr3t~--port~80",
  "mysqld~--user=x~--password=S3cr3t~--port~80",
  "aws configure set aws_secret_access_key S3cr3t",
  "htpasswd -bc file user S3cr3t",
  "npm config set //registry/:_authToken=S3cr3t",
  "7z x -pS3cr3t a.7z",
  "xfreerdp /u:x /p:S3cr3t /v:host",
  "nmcli device wifi connect x password S3cr3t",
  "kubectl create secret generic x --from-literal=password=S3cr3t",
  "app --session-id=S3cr3tS3cr3tS3cr3t1",
  "sudo mysqladmin -u root password S3cr3t",
  "mysqladmin -u root -pS3cr3t status",
  "rabbitmqctl add_user app S3cr3t",
  "ssh-keygen -t rsa -N S3cr3t -f key",
  "curl -E cert.pem:S3cr3t https://example.org",
  "curl --cert=cert.pem:S3cr3t https://example.org",
  "twine upload -u app -p S3cr3t dist/a",
  "consul agent -encrypt S3cr3t",
  "influx query -t S3cr3t",
  "vpn --psk=S3cr3t",
];

Deno.test("redactArguments replaces secrets in all common forms, and leaves what is around them", () => {
  for (const line of SECRETS) {
    const given = argv(line);
    const redacted = redactArguments(given);
    const text = redacted.join(" ");
    assertEquals(text.includes("S3cr3t"), false, text);
    assertEquals(redacted.length, given.length, text);
    assertEquals(redacted[0]?.split(" ")[0], given[0]?.split(" ")[0], text);
    assertEquals(redactArguments(redacted), redacted, "again");
  }
});

const HARMLESS = [
  "app --password-file /etc/secret",
  "app --password-file=/etc/secret",
  "app --token-url https://example.org/token",
  "app --token-url=https://example.org/token",
  "app --no-password value",
  "app --author Jane",
  "app --author=Jane",
  "app --password --user x",
  "app --password",
  "app --password=$PASSWORD",
  "docker login --password-stdin registry",
  "passwd root",
  "/usr/bin/passwd --stdin root",
  "openssl s_server --key file.pem",
  "app --private-key /etc/ssl/key.pem",
  "app --private-key=./ssh/id_ed25519",
  "app --ssl-key=server-2048-example.pem",
  "ssh -i /root/.ssh/id_ed25519 -p 2222 git@example.org",
  "git clone ssh://git@example.org/a.git",
  "git clone https://jane@example.org/a.git",
  "docker run -p 80:80 -v /run/secrets/db-password:/x nginx",
  "docker build --secret id=npm,src=/root/.npmrc .",
  "mysql -u root -p db",
  "mkdir -p /a/b",
  "cp -p a b",
  "curl -s --limit-rate 150k http://127.0.0.1:8080/data?a=b -o /dev/null",
  "curl -u user http://example.org",
  "curl -b cookies.txt http://example.org",
  "dbus-daemon --session --address=systemd: --nofork",
  "gnome-session --session=gnome",
  "env PWD=/root OLDPWD=/tmp sh",
  "ffmpeg -pass 1 -i a.mp4",
  "openssl rsa -passin env:PW",
  "gpg --batch --keyid-format=long --recv-keys 0x0123456789ABCDEF",
  "gpg --export-secret-keys 0123456789ABCDEF0123",
  "curl -E cert.pem https://example.org",
  "ssh-keygen -t ed25519 -f key",
  "mysqladmin -u root -p status",
  "rabbitmqctl list_users",
  "python3 -m http.server --bind 127.0.0.1 8080",
  "sshd:~root@pts/0",
  "dovecot:~auth:~3~wait,~0~passdb",
  "postgres:~walwriter",
  "postgres:~app~db~10.0.0.1(5432)~idle",
  "nginx:~worker~process",
  "kubectl get secret token -o yaml",
  "htpasswd file user",
  "vault token lookup",
  "sh -c echo~basic~authentication~needs~a~token",
];

Deno.test("redactArguments leaves what is no secret, and returns the same array", () => {
  for (const line of HARMLESS) {
    const given = argv(line);
    const redacted = redactArguments(given);
    assertEquals(redacted, given);
    assertStrictEquals(redacted, given);
  }
});

Deno.test("redactArguments keeps what is told by an option besides its secret", () => {
  const cases: [string, string][] = [
    ["curl -u user:S3cr3t x", "curl -u user:[redacted] x"],
    ["smbclient -U user%S3cr3t x", "smbclient -U user%[redacted] x"],
    ["mysql -pS3cr3t db", "mysql -p[redacted] db"],
    [
      "psql postgres://app:S3cr3t@db/x?sslmode=no",
      "psql postgres://app:[redacted]@db/x?sslmode=no",
    ],
    ["curl http://h/?a=1&token=S3cr3t&b=2", "curl http://h/?a=1&token=[redacted]&b=2"],
    ["sh -c mysql~'-pS3cr3t'~db~;~ls", "sh -c mysql~'-p[redacted]'~db~;~ls"],
    ["curl -H Authorization:~Bearer~S3cr3t x", "curl -H Authorization:~[redacted] x"],
    ['curl -d {"password":"S3cr3t","a":1} x', 'curl -d {"password":"[redacted]","a":1} x'],
  ];
  for (const [given, expected] of cases) {
    assertEquals(redactArguments(argv(given)), argv(expected));
  }
});
