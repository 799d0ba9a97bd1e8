/** The options of curl that mean nothing for a request, and those that have no place in a node. */
export interface PlainOption {
  name: string;
  short?: string;
  takesValue: boolean;
}

/** `name`, `name:s` with a short name, `name=` and `name:s=` with a value. */
function list(text: string): PlainOption[] {
  return text
    .trim()
    .split(/\s+/)
    .map((entry) => {
      const [, name, short, equals] = /^([^:=]+)(?::(.))?(=)?$/.exec(entry)!;
      return { name: name!, short, takesValue: equals !== undefined };
    });
}

/**
 * Output, progress, versions of HTTP and TLS, sockets, name resolution by other means of the same system: the request is
 * the same without them.
 */
export const ignored = list(`
  silent:s show-error:S verbose:v include:i fail:f fail-with-body fail-early no-buffer:N progress-bar:#
  no-progress-meter styled-output trace= trace-ascii= trace-time trace-ids trace-config= stderr= write-out:w=
  dump-header:D= output-dir= create-dirs create-file-mode= remote-header-name:J remote-name-all remote-time:R
  remove-on-error no-clobber clobber skip-existing xattr junk-session-cookies:j libcurl= disable:q version:V manual:M
  help:h compressed raw buffer progress-meter
  http0.9 http1.0:0 http1.1 http2 http3 alpn npn no-alpn no-npn sessionid no-sessionid keepalive no-keepalive
  keepalive-time= keepalive-cnt= tcp-nodelay tcp-fastopen ipv4:4 ipv6:6 happy-eyeballs-timeout-ms= expect100-timeout=
  tlsv1:1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 sslv2:2 sslv3:3 tls-max= ssl ssl-reqd ciphers= tls13-ciphers= curves=
  ssl-allow-beast ssl-no-revoke ssl-revoke-best-effort false-start cert-status ca-native random-file= egd-file=
  alt-svc= hsts= etag-save= dns-interface= dns-ipv4-addr= dns-ipv6-addr= parallel:Z parallel-max= parallel-immediate
  retry-all-errors retry-connrefused retry-delay= retry-max-time= disallow-username-in-url limit-rate= rate=
  speed-limit:Y= speed-time:y= proto= proto-redir= post301 post302 post303 suppress-connect-headers ignore-content-length
  proxytunnel:p proxy-basic proxy-anyauth
`);

/** Each of these changes what is sent or where it goes. */
export const unsupported = list(`
  append:a use-ascii:B continue-at:C= config:K= netrc:n netrc-optional netrc-file= negotiate ntlm-wb krb= delegation=
  service-name= login-options= sasl-authzid= sasl-ir time-cond:z= etag-compare= crlf form-escape tr-encoding
  path-as-is request-target= proto-default= http2-prior-knowledge http3-only haproxy-protocol haproxy-clientip=
  resolve= connect-to= interface= local-port= dns-servers= doh-url= doh-cert-status doh-insecure unix-socket=
  abstract-unix-socket= capath= crlfile= pinnedpubkey= cert-type= key-type= engine= tlsauthtype= tlsuser= tlspassword=
  ssl-auto-client-cert ech= max-filesize= variable= noproxy= preproxy= socks4= socks4a= socks5= socks5-hostname=
  socks5-basic socks5-gssapi socks5-gssapi-nec socks5-gssapi-service= proxy1.0= proxy-header= proxy-cacert=
  proxy-capath= proxy-cert= proxy-cert-type= proxy-ciphers= proxy-crlfile= proxy-digest proxy-insecure proxy-key=
  proxy-key-type= proxy-negotiate proxy-ntlm proxy-pass= proxy-pinnedpubkey= proxy-service-name= proxy-http2
  proxy-ca-native proxy-ssl-allow-beast proxy-ssl-auto-client-cert proxy-tls13-ciphers= proxy-tlsauthtype=
  proxy-tlspassword= proxy-tlsuser= proxy-tlsv1 compressed-ssh
  ftp-account= ftp-alternative-to-user= ftp-create-dirs ftp-method= ftp-pasv ftp-port:P= ftp-pret ftp-skip-pasv-ip
  ftp-ssl-ccc ftp-ssl-ccc-mode= ftp-ssl-control disable-eprt disable-epsv quote:Q= list-only:l metalink
  mail-auth= mail-from= mail-rcpt= mail-rcpt-allowfails pubkey= hostpubmd5= hostpubsha256= telnet-option:t=
  tftp-blksize= tftp-no-options
`);
