// SPDX-License-Identifier: Apache-2.0
// The text message of an update: what passes has rising runs within the grid, and says the same
// when it is written and read again.
#include <fmt/core.h>

#include <chrono>
#include <string>

#include "core/check.h"
#include "core/segments/update_message.h"
#include "tests/fuzz/fuzz_target.h"

namespace fanlight {
namespace {

void check_update(const SegmentUpdate& update) {
  CHECK(update.grid.count() > 0 && update.grid.count() <= kSegmentsMax);
  size_t next = 0;
  size_t count = 0;
  for (const SegmentRun& run : update.runs) {
    CHECK(run.count > 0 && run.first >= next);
    next = size_t{run.first} + run.count;
    count += run.count;
  }
  CHECK(next <= update.grid.count());
  CHECK(update.count() == count);
  CHECK(update.empty() || update.atlas_columns > 0);
  CHECK(update.width > 0 && update.height > 0);
  CHECK((update.grid.columns - 1) * update.grid.width < update.width);
  CHECK(update.grid.columns * update.grid.width >= update.width);
  CHECK((update.grid.rows - 1) * update.grid.height < update.height);
  CHECK(update.grid.rows * update.grid.height >= update.height);
}

std::string write_update(const SegmentUpdate& update) {
  std::string runs;
  for (const SegmentRun& run : update.runs) {
    runs += fmt::format("{}[{},{}]", runs.empty() ? "" : ",", run.first, run.count);
  }
  return fmt::format(R"(,"update":{{"base":{},"width":{},"height":{},"segment_width":{},)"
                     R"("segment_height":{},"atlas_columns":{},"runs":[{}]}})",
                     update.base, update.width, update.height, update.grid.width,
                     update.grid.height, update.atlas_columns, runs);
}

}  // namespace

void fuzz(std::string_view input) {
  UpdateMessage message;
  if (!parse_update_message(input, message).empty()) return;
  if (!message.update) return;
  check_update(*message.update);
  const std::string text = fmt::format(R"({{"camera":"a","sequence":{},"timestamp":1.5{}}})",
                                       message.sequence, write_update(*message.update));
  UpdateMessage again;
  CHECK(parse_update_message(text, again).empty());
  CHECK(again.sequence == message.sequence && again.update.has_value());
  CHECK(write_update(*again.update) == write_update(*message.update));
}

}  // namespace fanlight
