// SPDX-License-Identifier: Apache-2.0
#include "tools/options/option_table.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "capture/camera/source_table.h"
#include "tools/options/confinement_options.h"
#include "tools/options/limit_options.h"
#include "tools/options/option_values.h"
#include "tools/options/source_spec.h"

namespace fanlight {
namespace {

template <auto kMember>
void set_switch(OptionsDraft& draft, Text text) {
  draft.options.*kMember = parse_switch(text);
}

template <auto kMember>
void set_file(OptionsDraft& draft, Text text) {
  if (text.empty()) throw std::invalid_argument("'': a file is expected");
  draft.options.*kMember = text;
}

// As the path of a UNIX socket (unix(7)).
void set_takeover_socket(OptionsDraft& draft, Text text) {
  const ListenAddress address = parse_listen_address("unix:" + text);
  draft.options.takeover_socket = address.host;
}

template <auto kMember>
void add_address(OptionsDraft& draft, Text text) {
  (draft.options.*kMember).push_back(parse_listen_address(text));
}

// One text may hold several: an environment variable is given once.
template <void (*kAdd)(OptionsDraft&, std::string_view)>
void add_each(OptionsDraft& draft, Text text) {
  std::string_view rest = text;
  while (true) {
    const std::string_view each = rest.substr(0, rest.find(','));
    kAdd(draft, each);
    if (each.size() == rest.size()) return;
    rest.remove_prefix(each.size() + 1);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  }
}

void add_allowed_host(OptionsDraft& draft, std::string_view name) {
  draft.options.allowed_hosts.add(name);
}

void add_origin(OptionsDraft& draft, std::string_view origin) {
  const bool clean =
      std::all_of(origin.begin(), origin.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!clean || origin.empty() || origin.size() > 200) {
    throw std::invalid_argument(
        fmt::format("'{}': an origin such as https://example.org or * is expected", origin));
  }
  draft.options.cors_origins.emplace_back(origin);
}

void set_ring_slots(OptionsDraft& draft, Text text) {
  const size_t slots = number_or("auto", text, 2, 32);
  if (slots != 0 && !std::has_single_bit(slots)) {
    throw std::invalid_argument(fmt::format("'{}': a power of two from 2 to 32 is expected", text));
  }
  draft.options.ring_slots = slots;
}

void set_frame_memory(OptionsDraft& draft, Text text) {
  draft.options.frame_memory = parse_size(text);
  if (draft.options.frame_memory < (1 << 20)) {
    throw std::invalid_argument(fmt::format("'{}': the minimum is 1M", text));
  }
}

void set_history(OptionsDraft& draft, Text text) {
  const auto length = parse_or("off", [&] { return parse_duration_or_off(text); });
  const bool is_wrong = length && (*length < 1s || *length > 10min);
  if (is_wrong) throw std::invalid_argument(fmt::format("'{}': 1s to 10m is expected", text));
  draft.options.history = length;
}

void set_history_memory(OptionsDraft& draft, Text text) {
  draft.options.history_memory = parse_size(text);
  if (draft.options.history_memory < (1 << 20)) {
    throw std::invalid_argument(fmt::format("'{}': the minimum is 1M", text));
  }
}

void set_send_buffer(OptionsDraft& draft, Text text) {
  draft.options.send_buffer =
      text == "auto" ? 0 : parse_or("auto", [&] { return parse_size(text); });
  if (draft.options.send_buffer > (size_t{1} << 30)) {
    throw std::invalid_argument(fmt::format("'{}': the maximum is 1G", text));
  }
}

void set_unix_mode(OptionsDraft& draft, Text text) {
  draft.options.unix_mode.reset();
  if (text == "auto") return;
  draft.options.unix_mode = parse_or("auto", [&] { return parse_file_mode(text); });
}

void set_encoder(OptionsDraft& draft, Text text) {
  draft.options.encoder = choose<EncoderChoice>(text, {{"auto", EncoderChoice::automatic},
                                                       {"cpu", EncoderChoice::cpu},
                                                       {"m2m", EncoderChoice::m2m}});
}

void set_backend(OptionsDraft& draft, Text text) {
  draft.options.backend = choose<BackendKind>(text, {{"auto", BackendKind::automatic},
                                                     {"uring", BackendKind::uring},
                                                     {"epoll", BackendKind::epoll}});
}

void set_zero_copy(OptionsDraft& draft, Text text) {
  draft.options.zero_copy = choose<ZeroCopyMode>(
      text,
      {{"auto", ZeroCopyMode::automatic}, {"on", ZeroCopyMode::on}, {"off", ZeroCopyMode::off}});
}

void set_log_level(OptionsDraft& draft, Text text) {
  draft.options.log_level = choose<LogLevel>(text, {{"error", LogLevel::error},
                                                    {"warning", LogLevel::warning},
                                                    {"info", LogLevel::info},
                                                    {"debug", LogLevel::debug}});
}

void set_encode_threads(OptionsDraft& draft, Text text) {
  draft.options.encode_threads.reset();
  if (text == "auto") return;
  draft.options.encode_threads =
      parse_or("auto", [&] { return static_cast<unsigned>(parse_integer(text, 0, 16)); });
}

void set_source(OptionsDraft& draft, Text text) {
  set_camera_source(draft.single, text);
}

void add_camera(OptionsDraft& draft, Text text) {
  draft.cameras.push_back(parse_camera(text));
}

void add_control(OptionsDraft& draft, Text text) {
  parse_control_setting(text);
  draft.controls.push_back(text);
}

void add_trusted_proxy(OptionsDraft& draft, Text text) {
  draft.options.trusted_proxies.emplace_back(text);
}

void set_capture_idle(OptionsDraft& draft, Text text) {
  draft.options.capture_idle = parse_or("off", [&] { return parse_duration_or_off(text); });
}

void set_shards(OptionsDraft& draft, Text text) {
  draft.options.shards = static_cast<unsigned>(number_or("auto", text, 1, 256));
}

template <const char* kKey>
void shape(OptionsDraft& draft, Text text) {
  set_camera_option(draft.single, kKey, text);
  draft.single_is_shaped = true;
}
constexpr char kFps[] = "fps";
constexpr char kSize[] = "size";
constexpr char kQuality[] = "quality";
constexpr char kRotate[] = "rotate";
constexpr char kMirror[] = "mirror";
constexpr char kLadder[] = "ladder";
constexpr char kPublish[] = "publish";

std::string source_help() {
  std::string help = "where the pictures come from (default: emulator)";
  help += "\n    auto: the first camera found (--list-devices)";
  for (const SourceKind& kind : source_kinds()) help += fmt::format("\n    {}", kind.help);
  return help;
}

std::vector<Option> camera_options() {
  return {
      {"source", "SPEC", "", source_help(), kOfCameras, set_source},
      {"camera", "NAME=SPEC[,key=value]...", "",
       "a camera under /cameras/NAME/, keys are size, fps, quality, rotate, mirror, ladder, "
       "segments and publish; in a URL a comma before such a key is written %2C; repeatable. "
       "*=nats://HOST/SUBJECT with wildcards: those that are announced there, max-cameras=16",
       kRepeatable | kOfCameras, add_camera},
      {kFps, "N", "", "pictures per second (default: the source's own)",
       kNumber | kOfCameras | kReloadable, shape<kFps>},
      {kSize, "WxH", "", "size of the pictures (default: the source's own)", kOfCameras,
       shape<kSize>},
      {kQuality, "1..100", "80", "of JPEGs that are encoded here",
       kNumber | kOfCameras | kReloadable, shape<kQuality>},
      {kRotate, "0|90|180|270", "0", "rotate the pictures clockwise", kNumber | kOfCameras,
       shape<kRotate>},
      {kMirror, "on|off", "off", "swap left and right, after that", kOfCameras, shape<kMirror>},
      {kLadder, "WxH[@qN],...|auto|off", "off",
       "smaller pictures for viewers on thin lines, as 1280x720@q80,640x360@q60, encoded while "
       "watched; auto: half and a quarter of the size",
       kOfCameras, shape<kLadder>},
      {kPublish, "URL", "",
       "also publish the frames on a NATS server, as nats://HOST/SUBJECT, with ?segments=1 only "
       "what changes in them; tls:// with TLS",
       kOfCameras, shape<kPublish>},
      {"control", "[CAMERA/]NAME=VALUE", "",
       "set a control, as brightness=128; --list-devices has their names; repeatable",
       kRepeatable | kOfCameras, add_control},
      {"allow-control", "", "", "let clients set controls (PATCH /cameras/NAME/controls)", kToggle,
       set_switch<&Options::allow_control>},
      {"exit-on-no-source", "", "",
       "end (66 or 77) if no camera can be opened at start; do not wait", kToggle,
       set_switch<&Options::exit_on_no_source>},
      {"camera-stall-timeout", "TIME", "2s", "without a picture for this long viewers see a slate",
       kNumber | kReloadable, set_duration<&Options::camera_stall_timeout>},
      {"refresh", "TIME", "4s", "renew each part of a picture within this, even if unchanged",
       kNumber, set_duration<&Options::refresh>},
      {"history", "TIME|off", "off",
       "keep the last pictures of each camera, to be seen again (at=, from=); cameras then run "
       "unwatched",
       kNumber, set_history},
      {"history-memory", "SIZE", "256M", "memory for the history of a camera", kNumber,
       set_history_memory},
      {"source-timeout", "TIME", "30s",
       "how long another server's first picture, or a snapshot, may take", kNumber,
       set_duration<&Options::source_timeout>},
      {"capture-idle", "TIME|off", "off", "stop the camera when no one has watched for this long",
       kNumber | kReloadable, set_capture_idle},
  };
}

std::vector<Option> server_options() {
  return {
      {"listen", "ADDR:PORT|unix:PATH", "127.0.0.1:5000",
       "where to listen; with http:// or https:// in front, without or with TLS; repeatable",
       kNumber | kRepeatable, add_address<&Options::listen>},
      {"admin-listen", "ADDR:PORT|unix:PATH", "",
       "listeners whose clients may see all, also flags, sources and viewer addresses; repeatable",
       kNumber | kRepeatable, add_address<&Options::admin_listen>},
      {"tls-cert", "FILE", "",
       "the certificate, and those that lead to its issuer, in PEM format: --listen then means "
       "https://; --admin-listen too, except on loopback addresses; SIGHUP reads it again",
       kText, set_file<&Options::tls_cert>},
      {"tls-key", "FILE", "", "its private key, in PEM format (default: in the same file)", kText,
       set_file<&Options::tls_key>},
      {"unix-mode", "MODE|auto", "auto", "permissions of UNIX sockets, as 660; auto: by the umask",
       kText, set_unix_mode},
      {"trusted-proxy", "CIDR|ADDRESS|unix", "",
       "a proxy whose X-Forwarded-For names the client; repeatable", kRepeatable,
       add_trusted_proxy},
      {"allowed-host", "NAME", "",
       "a name that leads here, as cam.example.org or *.example.org, besides addresses, local "
       "names and this machine's; * for all; repeatable",
       kRepeatable, add_each<add_allowed_host>},
      {"cors-origin", "ORIGIN", "",
       "origins whose pages may read here, as https://example.org, separated by commas; * "
       "for all, without passwords and cookies; repeatable",
       kRepeatable, add_each<add_origin>},
      {"auth-file", "FILE", "", "users and their rights (fanlight passwd); SIGHUP reads it again",
       kText, set_file<&Options::auth_file>},
      {"link-key", "FILE", "", "keys of signed links (fanlight sign); SIGHUP reads it again", kText,
       set_file<&Options::link_key>},
      {"auth-loopback", "", "", "ask clients of this machine for a password, too", kToggle,
       set_switch<&Options::auth_loopback>},
      {"access-log", "FILE|-", "", "append a line of JSON for each request; -: to standard output",
       kText, set_file<&Options::access_log>},
      {"stock-db", "FILE", "", "the SQLite database of /stock-table", kText,
       set_file<&Options::stock_db>},
      {"takeover-socket", "PATH", "",
       "a UNIX socket where a newer Fanlight can take over listeners and viewers (--take-over)",
       kText, set_takeover_socket},
      {"shards", "N|auto", "auto", "threads that serve viewers; auto: one per CPU", kNumber,
       set_shards},
  };
}

std::vector<Option> expert_options() {
  return {
      {"encode-threads", "N|auto", "auto",
       "threads that encode the pictures of a camera; 0: its own; auto: as many "
       "as there are other CPUs, at most 4",
       kNumber, set_encode_threads},
      {"encoder", "auto|cpu|m2m", "auto",
       "what encodes: the CPU, or a V4L2 device as on a Pi 4; auto: a device "
       "if there is one",
       kText, set_encoder},
      {"backend", "auto|uring|epoll", "auto", "the kernel interface", kText, set_backend},
      {"zero-copy", "auto|on|off", "auto",
       "let the network card read frames from memory, or copy them; auto: if "
       "the kernel reports that it makes no copy",
       kText, set_zero_copy},
      {"frame-memory", "SIZE", "64M", "memory for the frames of a camera; no picture may be larger",
       kNumber, set_frame_memory},
      {"ring-slots", "2|4|8|16|32|auto", "auto",
       "newest frames kept whole, before slow viewers share; auto: a quarter of a "
       "second of them, 8 to 32",
       kNumber, set_ring_slots},
      {"send-buffer", "SIZE|auto", "auto", "SO_SNDBUF of a viewer's socket; auto: the kernel's own",
       kNumber, set_send_buffer},
      {"kernel-tls", "on|off", "on",
       "let the kernel make the records of TLS, where it can (module tls)", kText,
       set_switch<&Options::kernel_tls>},
      {"pin-cpus", "", "", "bind each shard to a CPU of its own", kToggle,
       set_switch<&Options::pin_cpus>},
  };
}

std::vector<Option> other_options() {
  return {
      {"config", "FILE", "",
       "read options from this TOML file: keys are named as the flags, cameras are "
       "tables; flags and the environment override it",
       kCommand, set_file<&Options::config_file>},
      {"check-config", "", "", "read all options, open nothing, and report mistakes",
       kToggle | kCommand, set_switch<&Options::check_config>},
      {"print-config", "", "", "print the options in force, in the format of --config",
       kToggle | kCommand, set_switch<&Options::print_config>},
      {"list-devices", "", "", "list the connected cameras, and what they can do",
       kToggle | kCommand, set_switch<&Options::list_devices>},
      {"take-over", "", "",
       "take over from the server at --takeover-socket, then serve in the background; if that "
       "fails, it goes on",
       kToggle | kCommand, set_switch<&Options::take_over>},
      {"reload", "", "",
       "have the server at --takeover-socket reload; take over from it if its program was replaced",
       kToggle | kCommand, set_switch<&Options::reload>},
      {"log-level", "error|warning|info|debug", "info", "what is logged", kReloadable,
       set_log_level},
  };
}

std::vector<Option> all_options() {
  std::vector<Option> all;
  const auto add = [&](std::string_view group, std::vector<Option> options) {
    for (Option& option : options) {
      option.group = group;
      all.push_back(std::move(option));
    }
  };
  add("Camera", camera_options());
  add("Server", server_options());
  add("Confinement", confinement_options());
  add("Limits", limit_options());
  add("Expert, may change", expert_options());
  add("Other", other_options());
  return all;
}

}  // namespace

std::span<const Option> option_table() {
  static const std::vector<Option> table = all_options();
  return table;
}

const Option* find_option(std::string_view name) {
  const auto table = option_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const Option& option) { return option.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace fanlight
