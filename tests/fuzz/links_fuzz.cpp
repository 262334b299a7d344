// SPDX-License-Identifier: Apache-2.0
// Signed links. Lines of the input: a request's target, a camera, changes; behind them a file of
// keys, and at its end the rest of the link. What either key has signed is read as it was signed,
// and nothing that differs in a byte; a simulated shard accepts it until it ends; a target is shown
// without its signature, otherwise as it is.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "core/check.h"
#include "core/log.h"
#include "http/auth/signed_link.h"
#include "http/protocol/link_query.h"
#include "http/protocol/redacted_target.h"
#include "http/protocol/request.h"
#include "tests/fuzz/file_mistake.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/http/auth_world.h"

namespace fanlight {
namespace {

// ---- a file of keys ----

std::vector<std::string_view> keys_in(std::string_view text) {
  std::vector<std::string_view> keys;
  for (std::string_view line : lines_of(text)) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && line[0] != '#') keys.push_back(line);
  }
  return keys;
}

std::optional<FileMistake> parse_keys(std::string_view text) {
  LinkKeys keys;
  return keys.parse(text);
}

// A key may end with '\r', of which a line loses one.
LinkKeys only(std::string_view key) {
  LinkKeys keys;
  CHECK(!keys.parse(std::string(key) + "\r\n"));
  return keys;
}

// ---- links ----

struct Link {
  int64_t expires = 0;
  std::string camera;
  std::string fps;  // empty: no limit
};

// The link that a query has, if one of the keys has signed it.
std::optional<Link> link_in(std::string_view query, const LinkKeys& keys) {
  const LinkQuery read = read_link_query(query);
  if (read.has_several) return {};
  const auto link = parse_link(read.texts);
  if (!link || !keys.have_signed(*link)) return {};
  return Link{link->expires, std::string(link->camera), std::string(link->fps_text)};
}

// Whatever a text is, it becomes one that can be signed.
std::string camera_from(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  std::string name;
  for (const char c : text.substr(0, 32)) {
    const bool is_one = kLetters.find(c) != kLetters.npos;
    name += is_one ? c : kLetters[static_cast<unsigned char>(c) % kLetters.size()];
  }
  return name.empty() ? "front" : name;
}

Link read_link(FuzzInput& input) {
  Link link;
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | input.byte();
  link.expires = std::max<int64_t>(1, static_cast<int64_t>(number >> (1 + input.below(63))));
  const size_t fps = input.below(1001);
  if (fps > 0) link.fps = std::to_string(fps);
  if (fps > 0 && fps < 1000 && input.flag()) link.fps += "." + std::to_string(input.byte());
  return link;
}

void check_same(const std::optional<Link>& found, const Link& link) {
  CHECK(found.has_value());
  CHECK(found->expires == link.expires && found->camera == link.camera && found->fps == link.fps);
}

// ---- changes ----

struct Change {
  size_t offset = 0;
  char byte = 0;
};

// One byte another; or one more or one less, which may stand where it means nothing ("&&").
void check_changed(std::string_view query, const Change& change, const LinkKeys& keys,
                   const Link& link) {
  std::string other(query);
  other[change.offset] = change.byte;
  if (other != query) CHECK(!link_in(other, keys));
  other = query;
  other.insert(change.offset, 1, change.byte);
  if (const auto found = link_in(other, keys)) check_same(found, link);
  other = query;
  other.erase(change.offset, 1);
  if (const auto found = link_in(other, keys)) check_same(found, link);
}

void check_changes(std::string_view query, FuzzInput& input, const LinkKeys& keys,
                   const Link& link) {
  Change change{input.below(query.size()), static_cast<char>(input.byte())};
  check_changed(query, change, keys, link);
  for (change.offset = 0; fuzz_is_thorough && change.offset < query.size(); ++change.offset) {
    check_changed(query, change, keys, link);
  }
}

// ---- its end ----

// Of the shard's own keys: the second at which it ends is the first at which it is worth nothing.
void check_end(const Link& link, int64_t seconds_left) {
  set_log_level(LogLevel::error);  // which says nothing of links that are refused
  AuthWorld shard;
  const int64_t begun = shard.now_in_seconds();
  for (const int64_t expires : {link.expires, std::max<int64_t>(1, begun + seconds_left)}) {
    const int64_t before = shard.now_in_seconds();
    const int status = shard.status("/snapshot?" + shard.keys.sign(expires, "cam", link.fps));
    CHECK(status == 200 || status == 403);
    if (expires <= before) CHECK(status == 403);
    if (expires > shard.now_in_seconds()) CHECK(status == 200);
  }
}

// ---- what is shown of a target ----

std::string shown_of(std::string_view target) {
  const size_t question = target.find('?');
  if (question == target.npos) return std::string(target);
  std::string shown(target.substr(0, question));
  char separator = '?';
  for (const std::string_view parameter : split(target.substr(question + 1), '&')) {
    shown += separator;
    shown += parameter.starts_with("sig=") ? "sig=***" : parameter;
    separator = '&';
  }
  return shown;
}

// As a shard reads it; nothing if that refuses it.
std::optional<LinkQuery> read_target(const std::string& request) {
  RequestParser parser;
  if (parser.parse(request) != ParseStatus::done) return {};
  return read_link_query(parser.request().query);
}

void check_target(const std::string& target) {
  const std::string shown = shown_of(target);
  CHECK(RedactedTarget<40>(target).view() == shown.substr(0, 40));
  CHECK(RedactedTarget<512>(target).view() == shown.substr(0, 512));
  CHECK(shown_of(shown) == shown);
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto link = read_target(request);
  if (!link) return;
  const std::string request_shown = "GET " + shown + " HTTP/1.1\r\nHost: a\r\n\r\n";
  const auto again = read_target(request_shown);
  CHECK(again && again->has_several == link->has_several);
  CHECK(again->texts.exp == link->texts.exp && again->texts.cam == link->texts.cam);
  if (!link->texts.sig.empty()) CHECK(again->texts.sig == "***");
}

void check_shown_without(std::string_view signature, std::string_view target,
                         std::string_view query) {
  const char separator = target.find('?') == target.npos ? '?' : '&';
  const std::string signed_target = std::string(target) + separator + std::string(query);
  check_target(signed_target);
  const RedactedTarget<8192> shown(signed_target);
  CHECK(target.find(signature) != target.npos ||
        shown.view().find(signature) == std::string_view::npos);
}

// ---- a link of one of the keys ----

void check_link(const Link& link, std::string_view target, FuzzInput& changes,
                std::string_view keys_text) {
  constexpr size_t kMacBytes = 43;
  LinkKeys both;
  CHECK(!both.parse(keys_text));
  const std::vector<std::string_view> keys = keys_in(keys_text);
  for (const std::string_view key : keys) {
    const LinkKeys one = only(key);
    const std::string query = one.sign(link.expires, link.camera, link.fps);
    check_same(link_in(query, one), link);
    check_same(link_in(query, both), link);
    check_same(link_in("x&fps=1&" + query + "&t=1", both), link);
    CHECK(!link_in(query, only("somebody else's key: 0123456789abcdef")));
    CHECK(!link_in(query + "&" + query, both));
    if (key == keys.front()) CHECK(both.sign(link.expires, link.camera, link.fps) == query);
    check_changes(query, changes, both, link);
    check_shown_without(std::string_view(query).substr(query.size() - kMacBytes), target, query);
  }
}

}  // namespace

void fuzz(std::string_view bytes) {
  static constexpr std::string_view kKeys =
      "# two\n0123456789abcdef0123456789abcdef\r\nfedcba9876543210fedcba9876543210";
  FuzzInput input(bytes);
  Link link = read_link(input);
  const std::string target(input.line());
  link.camera = camera_from(input.line());
  check_target(target);
  FuzzInput changes(input.line());
  // A shard takes as long to make as a hundred links.
  if (const size_t choice = changes.below(256); fuzz_is_thorough || choice >= 252) {
    check_end(link, static_cast<int64_t>(choice % 7) - 3);
  }
  const std::string_view keys = input.rest();
  if (const auto mistake = parse_keys(keys)) {
    check_mistake(*mistake, keys, parse_keys);
    check_link(link, target, changes, kKeys);
  } else {
    const size_t count = keys_in(keys).size();
    CHECK(count >= 1 && count <= LinkKeys::kKeysMax);
    check_link(link, target, changes, keys);
  }
}

}  // namespace fanlight
