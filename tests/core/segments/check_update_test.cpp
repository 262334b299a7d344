// SPDX-License-Identifier: Apache-2.0
#include "core/segments/check_update.h"

#include <gtest/gtest.h>

#include "tests/capture/jpeg/jpeg_parts.h"
#include "tests/core/segments/divided_picture.h"

namespace fanlight {
namespace {

const Runs kRuns{{3, 1}, {7, 9}};

TEST(CheckUpdate, LooksAtHeadsOnly) {
  const Divided picture(noise_jpeg(640, 96, 1));
  const std::string atlas = as_text(atlas_of(picture.index, kRuns));
  const size_t head = picture.index.head().size();
  const SegmentUpdate update = *message_of(picture.index, kRuns, 1, 2).update;
  EXPECT_EQ(check_update(update, picture.index.jpeg, atlas), "");
  EXPECT_EQ(check_update(update, picture.index.head(), atlas.substr(0, head)), "");
  EXPECT_EQ(check_update(update, picture.index.jpeg, atlas.substr(0, head - 1)),
            "the atlas is not a JPEG in segments");
}

TEST(CheckUpdate, NamesTheProblem) {
  const Divided picture(noise_jpeg(640, 96, 1));
  const std::string atlas = as_text(atlas_of(picture.index, kRuns));
  const SegmentUpdate update = *message_of(picture.index, kRuns, 1, 2).update;
  EXPECT_EQ(check_update(update, as_text(noise_jpeg(640, 96, 1)), atlas),
            "an update of a frame without segments");
  EXPECT_EQ(check_update(update, "", atlas), "an update of a frame without segments");
  SegmentUpdate other = update;
  other.width = 639;
  EXPECT_EQ(check_update(other, picture.index.jpeg, atlas), "an update of another geometry");
  other = update;
  ++other.atlas_columns;
  EXPECT_EQ(check_update(other, picture.index.jpeg, atlas),
            "the atlas has other dimensions than its message says");
  std::string tables = atlas;
  tables[30] = static_cast<char>(tables[30] ^ 1);
  EXPECT_EQ(check_update(update, picture.index.jpeg, tables),
            "the atlas has other tables than the whole frame");
}

}  // namespace
}  // namespace fanlight
