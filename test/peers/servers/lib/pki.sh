# A throw-away authority and the good and bad certificates of a test, made by openssl; to be sourced.
#   make_pki DIR    ca, server, expired, notyet, wronghost, selfsigned, chainless (its authority in intermediate.crt),
#                   client and client-enc.key (passphrase: keypass), each as DIR/NAME.crt and DIR/NAME.key
make_pki() { (
  mkdir -p "$1/db" && cd "$1"
  : >db/index.txt
  echo 1000 >db/serial
  cat >ca.cnf <<'CNF'
[ca]
default_ca = authority
[authority]
database = db/index.txt
serial = db/serial
new_certs_dir = db
certificate = ca.crt
private_key = ca.key
default_md = sha256
default_days = 30
policy = policy
unique_subject = no
[policy]
commonName = supplied
[req]
distinguished_name = name
[name]
[is_ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[is_server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[is_other]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.example.test
[is_client]
basicConstraints = CA:FALSE
extendedKeyUsage = clientAuth
CNF
  local ec=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -config ca.cnf)
  root() { openssl req -x509 "${ec[@]}" -keyout "$1.key" -out "$1.crt" -days 30 -subj "/CN=$2" -extensions "$3"; }
  # issued NAME COMMON-NAME EXTENSIONS [OPTIONS OF openssl ca]
  issued() {
    local name=$1 common=$2 extensions=$3
    shift 3
    openssl req "${ec[@]}" -keyout "$name.key" -out "$name.csr" -subj "/CN=$common"
    openssl ca -batch -notext -config ca.cnf -extensions "$extensions" -in "$name.csr" -out "$name.crt" "$@"
  }
  root ca 'Test Root' is_ca
  root selfsigned selfsigned is_server
  issued server localhost is_server
  issued expired expired is_server -startdate 20200101000000Z -enddate 20210101000000Z
  issued notyet notyet is_server -startdate 20700101000000Z -enddate 20710101000000Z
  issued wronghost other.example.test is_other
  issued intermediate 'Test Intermediate' is_ca
  issued chainless chainless is_server -cert intermediate.crt -keyfile intermediate.key
  issued client 'test client' is_client
  openssl pkcs8 -topk8 -in client.key -v2 aes-256-cbc -passout pass:keypass -out client-enc.key
  openssl pkcs12 -export -in client.crt -inkey client.key -passout pass:keypass -out client.p12
) >"$1.log" 2>&1 || fail "the certificates could not be made: $(tail -3 "$1.log")"; }
