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
      return "its certificate is not trusted: it is self-signed; tls = { pin = \"sha256//...\" }, "
             "or { ca = \"FILE\" }, of the configuration file, or SSL_CERT_FILE, names it";
    default:
      return "its certificate is not trusted: nobody known has signed it; tls = { ca = \"FILE\" } "
             "of the configuration file, or SSL_CERT_FILE, names a file of those that are";
  }
}

FetchFailure describe_failure(CURLcode code, int connect_error) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {EHOSTUNREACH, "no host of this name is known"};
    case CURLE_COULDNT_CONNECT:
      return {connect_error != 0 ? connect_error : EHOSTUNREACH, "cannot connect"};
    case CURLE_OPERATION_TIMEDOUT:
      return {ETIMEDOUT, "cannot connect"};
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return {EKEYREJECTED, "its key is another one than `pin` says"};
    case CURLE_SSL_CACERT_BADFILE:
      return {ENOENT, "the file of trusted certificates (`ca`, SSL_CERT_FILE) cannot be read"};
    case CURLE_SSL_CONNECT_ERROR:
      return {EPROTO, "it does not speak TLS; try http:// instead"};
    case CURLE_TOO_MANY_REDIRECTS:
      return {EPROTO, "it redirects again and again"};
    case CURLE_BAD_CONTENT_ENCODING:
      return {EPROTO, "its compression is broken"};
    case CURLE_UNSUPPORTED_PROTOCOL:  // of a response without a head, or of a redirect
    case CURLE_WEIRD_SERVER_REPLY:
      return {EPROTO, "what answers is no web server"};
    case CURLE_GOT_NOTHING:
      return {ECONNRESET, "it hangs up without an answer"};
    case CURLE_OUT_OF_MEMORY:
      return {ENOMEM, "no memory"};
    default:
      return {ECONNRESET, "the connection broke"};
  }
}

}  // namespace fanlight
