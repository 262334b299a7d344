// SPDX-License-Identifier: Apache-2.0
// SHA256_Init(3) and its relatives are deprecated in favour of SHA256(3), which allocates: it fails
// where memory is short, for a request too, and crashes if libcrypto's global context got none.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "http/page/content_policy.h"

#include <fmt/core.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

#include "core/check.h"

namespace fanlight {
namespace {

// The text between `opening` and `closing`; empty if there is no such element.
std::string_view text_between(std::string_view html, std::string_view opening,
                              std::string_view closing) {
  const size_t begin = html.find(opening);
  if (begin == std::string_view::npos) return {};
  html.remove_prefix(begin + opening.size());
  const size_t end = html.find(closing);
  CHECK(end != std::string_view::npos);
  return html.substr(0, end);
}

std::string source_of(std::string_view text) {
  if (text.empty()) return "'none'";
  const SourceHash hash = source_hash(text);
  return {hash.data(), hash.size()};
}

}  // namespace

SourceHash source_hash(std::string_view text) noexcept {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256_CTX context;
  CHECK(SHA256_Init(&context) == 1 && SHA256_Update(&context, text.data(), text.size()) == 1 &&
        SHA256_Final(digest.data(), &context) == 1);
  // Four characters for three bytes, and a terminating zero (EVP_EncodeBlock(3)).
  std::array<unsigned char, 4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1> encoded;
  const int size = EVP_EncodeBlock(encoded.data(), digest.data(), SHA256_DIGEST_LENGTH);
  CHECK(size == static_cast<int>(encoded.size()) - 1);
  SourceHash source;
  const auto result = fmt::format_to_n(source.data(), source.size(), "'sha256-{}'",
                                       reinterpret_cast<const char*>(encoded.data()));
  CHECK(result.size == source.size());
  return source;
}

std::string content_policy(std::string_view html) {
  const std::string_view script = text_between(html, "<script>", "</script>");
  return fmt::format(
      "default-src 'none'; img-src 'self'; connect-src 'self'; script-src {}; worker-src {}; "
      "base-uri 'none'; form-action 'none'; style-src {}",
      source_of(script),
      script.empty() ? "'none'" : "blob:", source_of(text_between(html, "<style>", "</style>")));
}

}  // namespace fanlight
