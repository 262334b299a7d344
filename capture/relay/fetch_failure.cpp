// SPDX-License-Identifier: Apache-2.0
#include "capture/relay/fetch_failure.h"

#include <cerrno>

namespace fanlight {

// X509_V_ERR_* of x509_vfy.h, which are part of OpenSSL's ABI.
std::string_view describe_certificate(long verify_result) {
  switch (verify_result) {
    case 0:
    case 1:  // unspecified: libcurl compares the name itself first
    case 62:
    case 64:
      return "its certificate is for another name";
    case 9:
      return "its certificate is not valid yet: is the clock right?";
    case 10:
      return "its certificate has expired";
    case 18:
    case 19:
      return "its certificate is not trusted: it is self-signed; allow it by tls = { pin = "
             "\"sha256//...\" } or { ca = \"FILE\" } in the configuration file, or SSL_CERT_FILE";
    default:
      return "its certificate is not trusted: unknown issuer; tls = { ca = \"FILE\" } "
             "in the configuration file, or SSL_CERT_FILE, adds a file of trusted ones";
  }
}

FetchFailure describe_failure(CURLcode code, int connect_error) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {EHOSTUNREACH, "unknown host name"};
    case CURLE_COULDNT_CONNECT:
      return {connect_error != 0 ? connect_error : EHOSTUNREACH, "cannot connect"};
    case CURLE_OPERATION_TIMEDOUT:
      return {ETIMEDOUT, "cannot connect"};
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return {EKEYREJECTED, "its key does not match `pin`"};
    case CURLE_SSL_CACERT_BADFILE:
      return {ENOENT, "the file of trusted certificates (`ca`, SSL_CERT_FILE) cannot be read"};
    case CURLE_SSL_CONNECT_ERROR:
      return {EPROTO, "it does not speak TLS; try http:// instead"};
    case CURLE_TOO_MANY_REDIRECTS:
      return {EPROTO, "too many redirects"};
    case CURLE_BAD_CONTENT_ENCODING:
      return {EPROTO, "its compression is broken"};
    case CURLE_UNSUPPORTED_PROTOCOL:  // of a response without a head, or of a redirect
    case CURLE_WEIRD_SERVER_REPLY:
      return {EPROTO, "not a web server"};
    case CURLE_GOT_NOTHING:
      return {ECONNRESET, "it hung up without a response"};
    case CURLE_OUT_OF_MEMORY:
      return {ENOMEM, "no memory"};
    default:
      return {ECONNRESET, "the connection broke"};
  }
}

}  // namespace fanlight
