// SPDX-License-Identifier: Apache-2.0
// What an upstream says in its head, and the URL that names it, a line each: relay chains are
// passed on or refused, and no text that is shown has the URL's password or path.
#include <string>
#include <system_error>

#include "capture/relay/answer_problem.h"
#include "capture/relay/field_text.h"
#include "capture/relay/http_answer.h"
#include "capture/relay/redact_url.h"
#include "capture/relay/relay_chain.h"
#include "core/check.h"
#include "core/printable.h"
#include "tests/fuzz/fuzz_input.h"

namespace fanlight {
namespace {

void check_chain(std::string_view via) {
  const std::string self = relay_pseudonym("http://a/");
  try {
    const std::string chain = extend_relay_chain(via, self);
    CHECK(chain.ends_with(self));
    CHECK(chain.find_first_of("\r\n") == chain.npos);
    // Its own name is recognized when it comes back.
    try {
      extend_relay_chain(chain, self);
      CHECK(false);
    } catch (const std::system_error& error) {
      CHECK(error.code().value() == ELOOP);
    }
  } catch (const std::system_error& error) {
    CHECK(error.code().value() == ELOOP || error.code().value() == EPROTO);
  }
}

void check_redacted(std::string_view url) {
  constexpr std::string_view kSecret = "S3cr3t";
  const std::string shown = redact_url(url);
  CHECK(redact_url(shown) == shown);
  if (url.find(kSecret) != url.npos) return;
  // In no place behind the scheme that is not the host.
  for (const std::string& whole : {std::string("http://u:S3cr3t@cam/").append(url),
                                   std::string("http://cam/S3cr3t").append(url),
                                   std::string("http://cam/?k=S3cr3t").append(url)}) {
    CHECK(redact_url(whole).find(kSecret) == std::string::npos);
  }
  repeats_url(url, "http://cam/path?k=v");
}

void check_printable(std::string_view text) {
  const std::string shown = printable(text);
  CHECK(printable(shown) == shown);
  CHECK(shown.find_first_of(std::string_view("\0\x1b\n\r\x7f", 5)) == shown.npos);
  CHECK(printable(text, 20).size() <= 20);
}

}  // namespace

void fuzz(std::string_view bytes) {
  FuzzInput input(bytes);
  check_redacted(input.line());
  check_chain(input.line());
  parse_timestamp(input.line());
  HttpAnswer answer;
  HttpFraming framing;
  while (!input.empty()) {
    const std::string_view line = input.line();
    read_field(line, answer, framing);
    const std::string_view boundary = find_boundary(line);
    CHECK(boundary.size() <= line.size());
    CHECK(find_boundary(answer.content_type).size() <= 1024);
    check_printable(line);
    said_in(line);
  }
  CHECK(answer.via.size() <= 3 * 1024);
  find_problem(answer.status, bytes);
}

}  // namespace fanlight
