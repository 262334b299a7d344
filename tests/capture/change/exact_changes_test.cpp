// SPDX-License-Identifier: Apache-2.0
#include "capture/change/exact_changes.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace fanlight {
namespace {

constexpr SegmentGrid kTwoByTwo{.width = 64, .height = 16, .columns = 2, .rows = 2};

// What is compared is not looked into, so words do for a head and for segments.
class ExactChangesTest : public testing::Test {
 protected:
  // The ages of the segments of the picture with this number.
  std::vector<uint32_t> ages(uint64_t sequence, const std::vector<std::string_view>& segments,
                             std::string_view head = "head", SegmentGrid grid = kTwoByTwo) {
    std::string jpeg(head);
    std::vector<Segment> found;
    for (const std::string_view bytes : segments) {
      found.push_back({.begin = static_cast<uint32_t>(jpeg.size()), .age = 99});
      jpeg.append(bytes).append("RS");
    }
    found.push_back({.begin = static_cast<uint32_t>(jpeg.size())});
    changes.compare({jpeg, grid, found}, sequence, found);
    std::vector<uint32_t> ages;
    for (size_t i = 0; i < segments.size(); ++i) ages.push_back(found[i].age);
    return ages;
  }

  using Ages = std::vector<uint32_t>;
  ExactChanges changes;
};

TEST_F(ExactChangesTest, ASegmentHasChangedIfItsBytesHave) {
  EXPECT_EQ(ages(1, {"a", "b", "c", "d"}), (Ages{0, 0, 0, 0}));
  EXPECT_EQ(changes.changed(), 0u) << "compared with nothing";
  EXPECT_EQ(ages(2, {"a", "longer", "c", "d"}), (Ages{1, 0, 1, 1}));
  EXPECT_EQ(ages(5, {"a", "longer", "c", "D"}), (Ages{4, 3, 4, 0}));
  EXPECT_EQ(changes.changed(), 1u);
  EXPECT_EQ(ages(6, {"a", "b", "c", "D"}), (Ages{5, 0, 5, 1})) << "back to what it was";
}

// However long it is: the camera's server renews it.
TEST_F(ExactChangesTest, RenewsNothing) {
  ages(1, {"a", "b", "c", "d"});
  for (uint64_t i = 2; i < 1000; ++i) ages(i, {"a", "b", "c", "d"});
  EXPECT_EQ(ages(1000, {"a", "b", "c", "d"}), (Ages{999, 999, 999, 999}));
}

TEST_F(ExactChangesTest, AllHaveChangedInAnotherKindOfPictureAndAfterAReset) {
  const std::vector<std::string_view> segments{"a", "b", "c", "d"};
  ages(1, segments);
  EXPECT_EQ(ages(2, segments, "HEAD"), (Ages{0, 0, 0, 0}));
  EXPECT_EQ(ages(3, segments, "HEAD"), (Ages{1, 1, 1, 1}));
  EXPECT_EQ(ages(4, segments, "HEAD", {.width = 64, .height = 16, .columns = 4, .rows = 1}),
            (Ages{0, 0, 0, 0}));
  EXPECT_EQ(ages(5, {"a"}, "HEAD", {.width = 64, .height = 16, .columns = 1, .rows = 1}),
            (Ages{0}));
  EXPECT_EQ(ages(6, segments), (Ages{0, 0, 0, 0}));
  changes.reset();
  EXPECT_EQ(ages(7, segments), (Ages{0, 0, 0, 0}));
}

}  // namespace
}  // namespace fanlight
