// SPDX-License-Identifier: Apache-2.0
#include "tools/options/config_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "capture/nats/nats_address.h"
#include "core/fd.h"
#include "core/nearest_word.h"
#include "tools/options/config_quotes.h"
#include "tools/options/option_table.h"
#include "tools/options/source_spec.h"

namespace fanlight {
namespace {

[[noreturn]] void refuse(std::string_view line) {
  throw StartError(ExitCode::config, line);
}

// Formats locations in the file.
class Place {
 public:
  explicit Place(const std::string& path) : path_(path) {}

  std::string of(const toml::source_region& region, std::string_view key) const {
    return fmt::format("{}:{}: {}:", path_, region.begin.line, key);
  }
  [[noreturn]] void refuse_at(const toml::source_region& region, std::string_view key,
                              std::string_view expected) const {
    refuse(fmt::format("{} {}", of(region, key), expected));
  }
  const std::string& path() const { return path_; }

 private:
  const std::string& path_;
};

bool has_alternative(std::string_view type, std::string_view word) {
  while (!type.empty()) {
    const size_t size = std::min(type.find('|'), type.size());
    if (type.substr(0, size) == word) return true;
    type.remove_prefix(std::min(size + 1, type.size()));
  }
  return false;
}

// The permitted forms of a value.
struct Expected {
  std::string_view type;  // as Option::type
  bool is_number = false;
  bool is_toggle = false;

  std::string words() const {
    if (is_toggle) return "true or false is expected";
    if (has_alternative(type, "on")) return fmt::format("true, false or one of {}", type);
    return is_number ? fmt::format("{} is expected, a number or a text", type)
                     : fmt::format("{} is expected, as a text in quotes", type);
  }
};

std::string text_of(const toml::node& node, std::string_view key, const Expected& expected,
                    const Place& place) {
  if (const auto flag = node.as_boolean()) {
    const std::string_view word = flag->get() ? "on" : "off";
    if (expected.is_toggle || has_alternative(expected.type, word)) return std::string(word);
  }
  if (expected.is_toggle) place.refuse_at(node.source(), key, expected.words());
  if (const auto text = node.as_string()) {
    if (!has_control_characters(text->get())) return text->get();
    place.refuse_at(node.source(), key, "a text without control characters is expected");
  }
  if (expected.is_number) {
    if (const auto number = node.as_integer()) return fmt::format("{}", number->get());
    if (const auto number = node.as_floating_point()) return fmt::format("{}", number->get());
  }
  place.refuse_at(node.source(), key, expected.words());
}

std::string control_text(const toml::node& node, std::string_view key, const Place& place) {
  if (const auto flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return text_of(node, key,
                 {.type = "a whole number, a menu item, true or false", .is_number = true}, place);
}

// `{ brightness = 128 }` as "brightness=128", in the order of the file: some take effect only after
// others.
std::vector<std::string> control_texts(const toml::node& node, std::string_view key,
                                       const Place& place) {
  const toml::table* table = node.as_table();
  if (table == nullptr) place.refuse_at(node.source(), key, "{ NAME = VALUE, ... } is expected");
  std::vector<std::pair<toml::source_position, std::string>> found;
  for (const auto& [name, value] : *table) {
    const std::string path = fmt::format("{}.{}", key, name.str());
    const std::string text = fmt::format("{}={}", name.str(), control_text(value, path, place));
    try {
      parse_control_setting(text);
    } catch (const std::invalid_argument& error) {
      place.refuse_at(value.source(), path, error.what());
    }
    found.emplace_back(name.source().begin, text);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> texts;
  for (auto& [position, text] : found) texts.push_back(std::move(text));
  return texts;
}

const toml::table& inner_table(const toml::node& node, std::string_view key,
                               std::string_view expected, const Place& place) {
  const toml::table* table = node.as_table();
  if (table == nullptr) place.refuse_at(node.source(), key, expected);
  return *table;
}

// `{ X-API-Key = "secret" }`
void read_headers(CameraOptions& camera, const toml::node& node, std::string_view key,
                  const Place& place) {
  for (const auto& [name, value] :
       inner_table(node, key, "{ NAME = \"VALUE\", ... } is expected", place)) {
    const std::string path = fmt::format("{}.{}", key, name.str());
    const std::string text = text_of(value, path, {.type = "a value", .is_number = true}, place);
    try {
      add_header(camera, name.str(), text);
    } catch (const std::invalid_argument& error) {
      place.refuse_at(value.source(), path, error.what());
    }
  }
}

// `{ ca = "FILE", pin = "sha256//..." }`
void read_tls(CameraOptions& camera, const toml::node& node, std::string_view key,
              const Place& place) {
  constexpr std::string_view kWords = "{ ca = \"FILE\", pin = \"sha256//...\" } is expected";
  for (const auto& [name, value] : inner_table(node, key, kWords, place)) {
    const std::string path = fmt::format("{}.{}", key, name.str());
    if (name.str() != "ca" && name.str() != "pin") {
      place.refuse_at(name.source(), path,
                      "no such key; tls has ca and pin; insecure = true goes beside tls");
    }
    std::string text =
        text_of(value, path, {.type = name.str() == "ca" ? "FILE" : "sha256//..."}, place);
    try {
      if (name.str() == "pin") check_pin(text);
      if (text.empty()) throw std::invalid_argument("'': a file is expected");
    } catch (const std::invalid_argument& error) {
      place.refuse_at(value.source(), path, error.what());
    }
    (name.str() == "ca" ? camera.upstream.ca : camera.upstream.pin) = std::move(text);
  }
}

[[noreturn]] void refuse_camera_key(std::string_view name, const toml::source_region& region,
                                    std::string_view path, const Place& place) {
  constexpr std::string_view kKnown[] = {"source",        "size",    "fps",         "quality",
                                         "rotate",        "mirror",  "ladder",      "control",
                                         "headers",       "tls",     "insecure",    "segments",
                                         "password-file", "publish", "credentials", "max-cameras"};
  const Option* option = find_option(name);
  if (option != nullptr && !option->is(kCommand)) {
    place.refuse_at(region, path, "a server key; it belongs above the first [camera.NAME]");
  }
  const std::string question = did_you_mean(name, kKnown);
  place.refuse_at(region, path,
                  question.empty()
                      ? "no such key; keys: source, size, fps, quality, rotate, mirror, "
                        "ladder, control, headers, tls, insecure, segments, password-file, "
                        "publish, credentials, max-cameras"
                      : "no such key" + question);
}

void read_camera_key(CameraOptions& camera, std::string_view name, const toml::node& node,
                     std::string_view path, const Place& place) {
  struct Key {
    std::string_view name;
    Expected expected;
  };
  constexpr Key kKeys[] = {{"source", {.type = "SPEC"}},
                           {"size", {.type = "WxH"}},
                           {"fps", {.type = "N", .is_number = true}},
                           {"quality", {.type = "1..100", .is_number = true}},
                           {"rotate", {.type = "0, 90, 180 or 270", .is_number = true}},
                           {"mirror", {.type = "on|off"}},
                           {"ladder", {.type = "WxH[@qN],...|auto|off"}},
                           {"password-file", {.type = "FILE"}},
                           {"credentials", {.type = "FILE"}},
                           {"publish", {.type = "URL"}},
                           {"max-cameras", {.type = "N", .is_number = true}},
                           {"segments", {.type = "on|off"}}};
  if (name == "control") {
    for (const std::string& text : control_texts(node, path, place)) {
      camera.controls.push_back(parse_control_setting(text));
    }
    return;
  }
  if (name == "headers") return read_headers(camera, node, path, place);
  if (name == "tls") return read_tls(camera, node, path, place);
  if (name == "insecure") {
    const std::string text = text_of(node, path, {.type = "", .is_toggle = true}, place);
    camera.upstream.insecure = text == "on";
    return;
  }
  const auto key = std::find_if(std::begin(kKeys), std::end(kKeys),
                                [&](const Key& each) { return each.name == name; });
  if (key == std::end(kKeys)) refuse_camera_key(name, node.source(), path, place);
  const std::string text = text_of(node, path, key->expected, place);
  try {
    if (name == "source") {
      camera.source = complete_source(text);
    } else if (name == "password-file" || name == "credentials") {
      if (text.empty()) throw std::invalid_argument("'': a file is expected");
      (name == "credentials" ? camera.upstream.credentials : camera.password_file) = text;
    } else {
      set_camera_option(camera, name, text);
    }
  } catch (const std::invalid_argument& error) {
    place.refuse_at(node.source(), path, error.what());
  }
}

// The URL names the user, and not the password too.
void check_password_file(const CameraOptions& camera, const std::string& path,
                         const toml::source_region& region, const Place& place) {
  if (camera.password_file.empty()) return;
  const std::string_view user = user_info(camera.source);
  if (is_nats_url(camera.source)) {
    place.refuse_at(region, path + ".password-file",
                    "not for NATS, where credentials = \"FILE\" keeps a secret apart");
  }
  if (user.empty()) {
    place.refuse_at(region, path + ".password-file",
                    "source must be a URL with a user, as http://USER@10.0.0.7/stream");
  }
  if (user.find(':') != user.npos) {
    place.refuse_at(region, path + ".password-file", "there is a password in the URL already");
  }
}

CameraOptions read_camera(const toml::key& name, const toml::node& node, const Place& place) {
  const std::string path = fmt::format("camera.{}", name.str());
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    place.refuse_at(node.source(), path, "a table is expected, as [camera.NAME] begins one");
  }
  CameraOptions camera;
  camera.name = name.str();
  try {
    check_camera_name(camera.name);
  } catch (const std::invalid_argument& error) {
    place.refuse_at(name.source(), "camera", error.what());
  }
  for (const auto& [key, value] : *table) {
    read_camera_key(camera, key.str(), value, fmt::format("{}.{}", path, key.str()), place);
  }
  if (camera.source.empty()) {
    place.refuse_at(name.source(), path, "source = \"SPEC\" is missing");
  }
  if (camera.upstream != UpstreamOptions{} && !is_url(camera.source) && camera.publish.empty()) {
    place.refuse_at(name.source(), path,
                    "headers, tls, insecure, segments and credentials belong to the source of a "
                    "URL, or to publish");
  }
  check_password_file(camera, path, name.source(), place);
  try {
    check_directory(camera);
  } catch (const std::invalid_argument& error) {
    place.refuse_at(name.source(), path, error.what());
  }
  return camera;
}

// In the order of the file, which a TOML table does not keep.
void read_cameras(const toml::node& node, const Place& place, Settings& settings) {
  const toml::table* table = node.as_table();
  if (table == nullptr) {
    place.refuse_at(node.source(), "camera", "a table is expected, as [camera.NAME] begins one");
  }
  std::vector<std::pair<toml::source_position, CameraOptions>> found;
  for (const auto& [name, value] : *table) {
    found.emplace_back(name.source().begin, read_camera(name, value, place));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [position, camera] : found) settings.cameras.push_back(std::move(camera));
}

void read_option(const Option& option, const toml::node& node, const Place& place,
                 Settings& settings) {
  const Expected expected{
      .type = option.type, .is_number = option.is(kNumber), .is_toggle = option.is(kToggle)};
  const auto add = [&](const toml::node& value, std::string text) {
    settings.values.push_back(
        {&option, std::move(text), place.of(value.source(), option.name), ExitCode::config});
  };
  if (option.name == "control") {
    for (std::string& text : control_texts(node, option.name, place)) add(node, std::move(text));
  } else if (const toml::array* array = node.as_array();
             array != nullptr && option.is(kRepeatable)) {
    for (const toml::node& each : *array) add(each, text_of(each, option.name, expected, place));
  } else {
    add(node, text_of(node, option.name, expected, place));
  }
}

[[noreturn]] void refuse_key(const toml::key& key, const Place& place) {
  std::vector<std::string_view> known{"camera"};
  for (const Option& option : option_table()) {
    if (!option.is(kCommand)) known.push_back(option.name);
  }
  const std::string question = did_you_mean(key.str(), known);
  place.refuse_at(key.source(), key.str(),
                  question.empty() ? "no such key; the keys are the flags of fanlight --help"
                                   : "no such key" + question);
}

// For text that is not TOML, often because quotes are missing.
[[noreturn]] void refuse_text(std::string_view text, const toml::parse_error& error,
                              const std::string& path) {
  const auto number = error.source().begin.line;
  for (auto left = number; left > 1; --left) text.remove_prefix(text.find('\n') + 1);
  const auto quoted = quoted_line(text.substr(0, text.find('\n')));
  if (quoted) refuse(fmt::format("{}:{}: texts need quotes; write {}", path, number, *quoted));
  refuse(fmt::format("{}:{}: {}", path, number, error.description()));
}

// Nested values are parsed and destroyed by recursion; a dotted key can nest as deep as its line is
// long.
void check_lines(std::string_view text, const std::string& path) {
  constexpr size_t kLineBytesMax = 4096;
  for (size_t line = 1; !text.empty(); ++line) {
    const size_t size = std::min(text.find('\n'), text.size());
    if (size > kLineBytesMax) {
      refuse(fmt::format("{}:{}: longer than {} bytes", path, line, kLineBytesMax));
    }
    text.remove_prefix(std::min(size + 1, text.size()));
  }
}

std::string read_whole_file(const std::string& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) refuse(fmt::format("--config {}: {}", path, std::generic_category().message(errno)));
  std::string text(kConfigBytesMax + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      refuse(fmt::format("--config {}: {}", path, std::generic_category().message(errno)));
    size += static_cast<size_t>(got);
  }
  if (size > kConfigBytesMax) {
    refuse(fmt::format("--config {}: larger than {} bytes", path, kConfigBytesMax));
  }
  text.resize(size);
  return text;
}

}  // namespace

Settings parse_config(std::string_view text, const std::string& path) {
  const Place place(path);
  Settings settings;
  toml::table root;
  check_lines(text, path);
  try {
    root = toml::parse(text, std::string_view(path));
  } catch (const toml::parse_error& error) {
    refuse_text(text, error, path);
  }
  for (const auto& [key, node] : root) {
    if (key.str() == "camera") {
      read_cameras(node, place, settings);
      continue;
    }
    const Option* option = find_option(key.str());
    if (option == nullptr || option->is(kCommand)) refuse_key(key, place);
    read_option(*option, node, place, settings);
  }
  return settings;
}

Settings read_config_file(const std::string& path) {
  return parse_config(read_whole_file(path), path);
}

}  // namespace fanlight
