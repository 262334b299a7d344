// SPDX-License-Identifier: Apache-2.0
// The names and letters are those of ustreamer's options.c, versions 4.9 to 6.62.
#include "tools/options/ustreamer_flags.h"

#include <fmt/core.h>

#include <algorithm>

#include "core/check.h"
#include "tools/options/option_table.h"

namespace fanlight {
namespace {

using enum UstreamerFlag::Meaning;

constexpr std::string_view kNothingToDo = "the camera's driver decides that here";
constexpr std::string_view kAlways = "that is always so here";
constexpr std::string_view kNoSink = "there are no shared memory sinks; nothing is written there";
constexpr std::string_view kNoPins = "GPIO is not touched";
constexpr std::string_view kNoVideo = "only JPEG is made here";
constexpr std::string_view kNoBlank = "a lost camera shows a slate with the reason";
constexpr std::string_view kNoColours = "the log has no colours";
constexpr std::string_view kAuth =
    "there is no password here, and without one anyone could watch; put nginx with auth_basic "
    "in front (proxy_pass to a unix: socket)";

constexpr UstreamerFlag kCaptureFlags[] = {
    {"device", 'd', true, true, option, "source"},
    {"resolution", 'r', true, true, option, "size"},
    {"desired-fps", 'f', true, true, option, "fps"},
    {"device-timeout", '\0', true, true, option, "camera-stall-timeout"},
    {"input", 'i', true, true, no_effect, kNothingToDo},
    {"format", 'm', true, true, no_effect, "the cheapest format that the camera has is used"},
    {"format-swap-rgb", '\0', false, true, no_effect, kNothingToDo},
    {"tv-standard", 'a', true, true, no_effect, kNothingToDo},
    {"io-method", 'I', true, true, no_effect, "it is always MMAP"},
    {"min-frame-size", 'z', true, true, no_effect,
     "every JPEG is checked; broken ones are dropped"},
    {"allow-truncated-frames", 'T', false, true, no_effect, "viewers get whole pictures only"},
    {"persistent", 'n', false, true, no_effect, kAlways},
    {"dv-timings", 't', false, true, no_effect, kAlways},
    {"buffers", 'b', true, true, no_effect, "the driver gets as many as it needs"},
    {"workers", 'w', true, true, no_effect, "use --encode-threads instead"},
    {"glitched-resolutions", 'g', true, true, no_effect, kNothingToDo},
    {"blank", 'k', true, true, no_effect, kNoBlank},
    {"last-as-blank", 'K', true, true, no_effect, kNoBlank},
    {"slowdown", 'l', false, true, no_effect,
     "nothing is encoded unless someone watches; --capture-idle stops the camera too"},
    {"device-error-delay", '\0', true, true, no_effect,
     "a lost camera is tried again with growing delay, and as soon as it is plugged in"},
    {"m2m-device", '\0', true, true, no_effect, "the encoding device is found automatically"},
    {"media-device", '\0', true, true, no_effect, kNothingToDo},
    {"media-entity-name", '\0', true, true, no_effect, kNothingToDo},
    {"image-default", '\0', false, true, no_effect, "--control NAME=default does it for each"},
    {"brightness", '\0', true, true, control, "brightness"},
    {"contrast", '\0', true, true, control, "contrast"},
    {"saturation", '\0', true, true, control, "saturation"},
    {"hue", '\0', true, true, control, "hue"},
    {"gamma", '\0', true, true, control, "gamma"},
    {"sharpness", '\0', true, true, control, "sharpness"},
    {"backlight-compensation", '\0', true, true, control, "backlight_compensation"},
    {"white-balance", '\0', true, true, control, "white_balance_temperature"},
    {"gain", '\0', true, true, control, "gain"},
    {"color-effect", '\0', true, true, control, "color_effects"},
    {"flip-vertical", '\0', true, true, picture, ""},
    {"flip-horizontal", '\0', true, true, picture, ""},
};

constexpr UstreamerFlag kOtherFlags[] = {
    {"host", 's', true, false, place, ""},
    {"port", 'p', true, false, place, ""},
    {"unix", 'U', true, false, place, ""},
    {"unix-rm", 'D', false, false, no_effect, "a socket without a listener is always replaced"},
    {"systemd", 'S', false, false, no_effect, "systemd's sockets are always used"},
    {"passwd", '\0', true, false, refused, kAuth},
    {"static", '\0', true, false, no_effect, "the built-in page is always used"},
    {"drop-same-frames", 'e', true, false, no_effect, "every picture is sent"},
    {"fake-resolution", 'R', true, false, no_effect, "/state reports what is sent"},
    {"tcp-nodelay", '\0', false, false, no_effect, kAlways},
    {"allow-origin", '\0', true, false, option, "cors-origin"},
    {"instance-id", '\0', true, false, no_effect, "it is not shown"},
    {"server-timeout", '\0', true, false, option, "viewer-stall-timeout"},
    {"sink", '\0', true, false, no_effect, kNoSink},
    {"sink-mode", '\0', true, false, no_effect, kNoSink},
    {"sink-rm", '\0', false, false, no_effect, kNoSink},
    {"sink-client-ttl", '\0', true, false, no_effect, kNoSink},
    {"sink-timeout", '\0', true, false, no_effect, kNoSink},
    {"jpeg-sink", '\0', true, false, no_effect, kNoSink},
    {"jpeg-sink-mode", '\0', true, false, no_effect, kNoSink},
    {"jpeg-sink-rm", '\0', false, false, no_effect, kNoSink},
    {"jpeg-sink-client-ttl", '\0', true, false, no_effect, kNoSink},
    {"jpeg-sink-timeout", '\0', true, false, no_effect, kNoSink},
    {"raw-sink", '\0', true, false, no_effect, kNoSink},
    {"raw-sink-mode", '\0', true, false, no_effect, kNoSink},
    {"raw-sink-rm", '\0', false, false, no_effect, kNoSink},
    {"raw-sink-client-ttl", '\0', true, false, no_effect, kNoSink},
    {"raw-sink-timeout", '\0', true, false, no_effect, kNoSink},
    {"h264-sink", '\0', true, false, no_effect, kNoSink},
    {"h264-sink-mode", '\0', true, false, no_effect, kNoSink},
    {"h264-sink-rm", '\0', false, false, no_effect, kNoSink},
    {"h264-sink-client-ttl", '\0', true, false, no_effect, kNoSink},
    {"h264-sink-timeout", '\0', true, false, no_effect, kNoSink},
    {"h264-bitrate", '\0', true, false, no_effect, kNoVideo},
    {"h264-gop", '\0', true, false, no_effect, kNoVideo},
    {"h264-m2m-device", '\0', true, false, no_effect, kNoVideo},
    {"h264-boost", '\0', false, false, no_effect, kNoVideo},
    {"v4p", '\0', false, false, no_effect, "nothing is shown on the machine's own screen"},
    {"gpio-device", '\0', true, false, no_effect, kNoPins},
    {"gpio-consumer-prefix", '\0', true, false, no_effect, kNoPins},
    {"gpio-prog-running", '\0', true, false, no_effect, kNoPins},
    {"gpio-stream-online", '\0', true, false, no_effect, kNoPins},
    {"gpio-has-http-clients", '\0', true, false, no_effect, kNoPins},
    {"exit-on-parent-death", '\0', false, false, no_effect, "its parent has to stop it"},
    {"exit-on-device-error", '\0', false, false, option, "exit-on-no-source"},
    {"exit-on-no-clients", '\0', true, false, no_effect, "--capture-idle frees the camera"},
    {"process-name-prefix", '\0', true, false, no_effect, "the name is fixed"},
    {"notify-parent", '\0', false, false, no_effect, "no signal is sent"},
    {"perf", '\0', false, false, no_effect, "see /metrics and /api/v1/state"},
    {"verbose", '\0', false, false, no_effect, "--log-level debug logs more"},
    {"debug", '\0', false, false, option, "log-level"},
    {"force-log-colors", '\0', false, false, no_effect, kNoColours},
    {"no-log-colors", '\0', false, false, no_effect, kNoColours},
};

// The given values of a flag, by its name.
class Given {
 public:
  explicit Given(const std::vector<GivenUstreamerFlag>& flags) : flags_(flags) {}

  const std::string* find(std::string_view name) const {
    for (auto each = flags_.rbegin(); each != flags_.rend(); ++each) {
      if (each->flag->name == name) return &each->text;
    }
    return nullptr;
  }
  bool is_on(std::string_view name) const {
    const std::string* text = find(name);
    return text != nullptr && *text == "1";
  }

 private:
  const std::vector<GivenUstreamerFlag>& flags_;
};

Setting setting(std::string_view option, std::string text, std::string_view flag) {
  const Option* ours = find_option(option);
  CHECK(ours != nullptr);
  return {ours, std::move(text), fmt::format("--{}", flag), ExitCode::usage};
}

std::optional<Setting> translate_option(const UstreamerFlag& flag, const std::string& text) {
  if (flag.name == "device") return setting("source", fmt::format("v4l2:{}", text), flag.name);
  if (flag.name == "debug") return setting("log-level", "debug", flag.name);
  if (flag.name == "desired-fps" && text == "0") return std::nullopt;  // as fast as possible
  return setting(flag.to, text, flag.name);
}

// `--host` and `--port` are parts of one address; `--unix` overrides them, as in ustreamer.
std::optional<Setting> translate_place(const Given& given, bool is_ustreamer, bool says_where) {
  if (const std::string* path = given.find("unix")) {
    return setting("listen", fmt::format("unix:{}", *path), "unix");
  }
  const std::string* host = given.find("host");
  const std::string* port = given.find("port");
  if (host == nullptr && port == nullptr && (says_where || !is_ustreamer)) return std::nullopt;
  const std::string where = host == nullptr ? "127.0.0.1" : *host;
  const bool is_v6 = where.find(':') != where.npos && !where.starts_with('[');
  return setting("listen",
                 fmt::format("{}{}{}:{}", is_v6 ? "[" : "", where, is_v6 ? "]" : "",
                             port != nullptr ? *port
                             : is_ustreamer  ? "8080"
                                             : "5000"),
                 host != nullptr ? "host" : "port");
}

// Upside down equals left and right swapped plus half a turn, and our mirror is applied after the
// rotation.
void translate_flips(const Given& given, UstreamerTranslation& result) {
  const bool vertical = given.is_on("flip-vertical");
  const bool horizontal = given.is_on("flip-horizontal");
  if (vertical) result.settings.push_back(setting("rotate", "180", "flip-vertical"));
  if (vertical != horizontal) {
    result.settings.push_back(
        setting("mirror", "on", vertical ? "flip-vertical" : "flip-horizontal"));
  }
}

void translate_control(const UstreamerFlag& flag, const std::string& text,
                       UstreamerTranslation& result) {
  const auto add = [&](std::string_view name, std::string_view value) {
    result.settings.push_back(setting("control", fmt::format("{}={}", name, value), flag.name));
  };
  const bool is_white = flag.name == "white-balance";
  if (text == "auto") {
    add(is_white ? "white_balance_automatic" : fmt::format("{}_automatic", flag.to), "true");
    return;
  }
  if (is_white && text != "default") add("white_balance_automatic", "false");
  add(flag.to, text);
}

void translate_flag(const UstreamerFlag& flag, const std::string& text,
                    UstreamerTranslation& result) {
  switch (flag.meaning) {
    case option:
      if (flag.name == "exit-on-device-error") {
        result.notes.emplace_back(
            "--exit-on-device-error applies at start only; a camera lost later is retried");
      }
      if (auto made = translate_option(flag, text)) result.settings.push_back(std::move(*made));
      break;
    case control:
      translate_control(flag, text, result);
      break;
    case no_effect:
      result.notes.push_back(fmt::format("--{} has no effect: {}", flag.name, flag.to));
      break;
    case refused:
      throw StartError(ExitCode::usage, fmt::format("--{}: {}", flag.name, flag.to));
    case place:
    case picture:
      break;  // several of them combine into one setting
  }
}

}  // namespace

std::span<const UstreamerFlag> ustreamer_flags() {
  static const std::vector<UstreamerFlag> all = [] {
    std::vector<UstreamerFlag> flags(std::begin(kCaptureFlags), std::end(kCaptureFlags));
    flags.insert(flags.end(), std::begin(kOtherFlags), std::end(kOtherFlags));
    return flags;
  }();
  return all;
}

char ustreamer_letter(std::string_view option) {
  constexpr std::pair<std::string_view, char> kShared[] = {
      {"quality", 'q'}, {"encoder", 'c'}, {"unix-mode", 'M'}};
  for (const auto& [name, letter] : kShared) {
    if (name == option) return letter;
  }
  return '\0';
}

std::string ustreamer_value(std::string_view option, const std::string& text) {
  struct Word {
    std::string_view option, theirs, ours;
  };
  // ustreamer's HW is what we do whenever the camera delivers JPEGs, and its M2M falls back to the
  // CPU.
  constexpr Word kWords[] = {
      {"encoder", "CPU", "cpu"},        {"encoder", "HW", "auto"},
      {"encoder", "NOOP", "auto"},      {"encoder", "M2M-VIDEO", "auto"},
      {"encoder", "M2M-IMAGE", "auto"}, {"log-level", "0", "info"},
      {"log-level", "1", "info"},       {"log-level", "2", "debug"},
      {"log-level", "3", "debug"},      {"rotate", "default", "0"},
  };
  for (const Word& word : kWords) {
    if (word.option == option && word.theirs == text) return std::string(word.ours);
  }
  return text;
}

UstreamerTranslation translate_ustreamer(const std::vector<GivenUstreamerFlag>& flags,
                                         bool is_ustreamer, bool says_where) {
  UstreamerTranslation result;
  const Given given(flags);
  bool of_capture = is_ustreamer;
  for (const UstreamerFlag& flag : ustreamer_flags()) {
    const std::string* text = given.find(flag.name);
    if (text == nullptr) continue;
    of_capture = of_capture || flag.of_capture;
    translate_flag(flag, *text, result);
  }
  translate_flips(given, result);
  if (auto place = translate_place(given, is_ustreamer, says_where)) {
    result.settings.push_back(std::move(*place));
  }
  if (of_capture) result.implied_source = setting("source", "v4l2:/dev/video0", "device");
  return result;
}

}  // namespace fanlight
