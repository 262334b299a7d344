// SPDX-License-Identifier: Apache-2.0
#include "tools/options/limit_options.h"

#include "tools/options/option_values.h"

namespace fanlight {
namespace {

void set_max_egress(OptionsDraft& draft, Text text) {
  draft.options.max_egress.reset();
  if (text == "auto") return;
  draft.options.max_egress =
      text == "off" ? 0 : parse_or("auto, or off", [&] { return parse_rate(text); });
}

void set_min_fps(OptionsDraft& draft, Text text) {
  draft.options.min_fps = parse_number(text, 0.01, 240);
}

void set_max_cpu(OptionsDraft& draft, Text text) {
  draft.options.max_cpu.reset();
  if (text == "off") return;
  draft.options.max_cpu = parse_or("off", [&] { return parse_percent(text) / 100; });
}

void set_max_viewers(OptionsDraft& draft, Text text) {
  draft.options.max_viewers = number_or("auto", text, 1, 1'000'000);
}

void set_max_viewers_per_address(OptionsDraft& draft, Text text) {
  draft.options.max_viewers_per_address = number_or("off", text, 1, 1'000'000);
}

void set_max_connections_per_address(OptionsDraft& draft, Text text) {
  draft.options.max_connections_per_address.reset();
  if (text == "auto") return;
  draft.options.max_connections_per_address =
      parse_or("auto", [&] { return number_or("off", text, 1, 1'000'000); });
}

}  // namespace

std::vector<Option> limit_options() {
  return {
      {"max-viewers", "N|auto", "auto",
       "concurrent streams; auto: what descriptors allow, to 10000", kNumber | kReloadable,
       set_max_viewers},
      {"max-viewers-per-address", "N|off", "off",
       "concurrent streams from one address, IPv6 by /64", kNumber | kReloadable,
       set_max_viewers_per_address},
      {"max-connections-per-address", "N|auto|off", "auto",
       "connections of all kinds from one address, IPv6 by /64; auto: half of --max-viewers, at "
       "least 16; this machine and trusted proxies have no limit",
       kNumber | kReloadable, set_max_connections_per_address},
      {"max-egress", "RATE|auto|off", "auto",
       "network bandwidth, as 1Gbit; 95 % of it is used, and shared evenly; "
       "auto: the speed of the link if the kernel knows it",
       kNumber | kReloadable, set_max_egress},
      {"min-fps", "N", "0.5", "refuse a viewer if the bandwidth is less than this for each",
       kNumber | kReloadable, set_min_fps},
      {"max-cpu", "PERCENT|off", "off",
       "above this use of the processor, as 80%, or when it is too hot, give up rungs of --ladder, "
       "then pictures",
       kText, set_max_cpu},
      {"viewer-stall-timeout", "TIME", "10s", "close a viewer that takes no byte for this long",
       kNumber | kReloadable, set_duration<&Options::viewer_stall_timeout>},
      {"header-timeout", "TIME", "10s", "time for a request, counted from its first byte",
       kNumber | kReloadable, set_duration<&Options::header_timeout>},
      {"idle-timeout", "TIME", "75s", "close an idle connection after this", kNumber | kReloadable,
       set_duration<&Options::idle_timeout>},
  };
}

}  // namespace fanlight
