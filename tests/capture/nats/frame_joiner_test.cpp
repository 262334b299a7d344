// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/frame_joiner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/capture/nats/test_link.h"
#include "tests/capture/relay/test_updates.h"

namespace fanlight {
namespace {

using Event = FrameJoiner::Event;

class FrameJoinerTest : public testing::Test, protected TestUpdates {
 protected:
  Event take_whole(uint64_t sequence, std::string_view bytes) {
    return take(sequence, 0, std::string(bytes));
  }
  // Of all segments, or of all but the first.
  Event take_update(uint64_t base, uint64_t sequence, bool is_all = true) {
    return is_all ? take_update(base, sequence, "[0,20]", {{0, 20}})
                  : take_update(base, sequence, "[1,19]", {{1, 19}});
  }
  Event take_update(uint64_t base, uint64_t sequence, std::string_view runs, const Runs& sent) {
    return take_message(sequence, message_text(sequence, update_key(base, runs, count_in(sent))),
                        sent.empty() ? "" : atlas(sent));
  }
  Event take_message(uint64_t sequence, const std::string& text, const std::string& atlas) {
    return take(sequence, text.size(), text + atlas);
  }
  Event take(uint64_t sequence, size_t update, const std::string& payload) {
    FrameHeader header = test_header(sequence, payload.size());
    header.update = update;
    const auto bytes = std::as_bytes(std::span(payload));
    picture_.assign(bytes.begin(), bytes.end());
    return joiner_.take(header, picture_);
  }
  std::string_view picture() const {
    return {reinterpret_cast<const char*>(picture_.data()), picture_.size()};
  }
  // Nothing that follows is shown until the next whole frame.
  void expect_damaged(Event event, std::string_view problem) {
    EXPECT_EQ(event, Event::damaged);
    EXPECT_EQ(joiner_.problem(), problem);
    EXPECT_EQ(take_update(1, 2), Event::out_of_step);
    EXPECT_EQ(take_whole(1, one.index.jpeg), Event::picture);
  }

  FrameJoiner joiner_;
  std::vector<std::byte> picture_;
};

TEST_F(FrameJoinerTest, JoinsFramesAndUpdates) {
  EXPECT_EQ(take_whole(3, one.index.jpeg), Event::picture);
  EXPECT_TRUE(picture() == one.index.jpeg);
  EXPECT_FALSE(joiner_.has_updates());
  EXPECT_EQ(take_update(3, 5, false), Event::picture);
  EXPECT_TRUE(joiner_.has_updates());
  EXPECT_EQ(joiner_.width(), 320);
  EXPECT_EQ(joiner_.height(), 64);
  EXPECT_FALSE(picture() == one.index.jpeg || picture() == two.index.jpeg);
  EXPECT_EQ(take_update(5, 6, "", {}), Event::picture) << "nothing changed";
  EXPECT_EQ(take_update(6, 7), Event::picture);
  EXPECT_TRUE(picture() == two.index.jpeg) << "byte for byte the publisher's frame";
}

TEST_F(FrameJoinerTest, WhoMissedAMessageWaitsForAWholeFrame) {
  EXPECT_EQ(take_update(1, 2), Event::out_of_step);
  EXPECT_EQ(take_whole(3, one.index.jpeg), Event::picture);
  EXPECT_EQ(take_update(4, 5), Event::out_of_step);
  EXPECT_EQ(take_update(5, 6), Event::out_of_step);
  EXPECT_EQ(take_update(3, 7), Event::picture) << "the picture is still that of frame 3";
  joiner_.restart();
  EXPECT_EQ(take_update(7, 8), Event::out_of_step);
}

// Of noise that was not worth an update, nothing is shown.
TEST_F(FrameJoinerTest, WhoIsInStepKeepsThePictureWhenItsFrameComesWhole) {
  take_whole(1, one.index.jpeg);
  take_update(1, 2, false);
  const std::string joined(picture());
  EXPECT_EQ(take_whole(2, two.index.jpeg), Event::picture);
  EXPECT_TRUE(picture() == joined);
  EXPECT_EQ(take_update(2, 3), Event::picture);
  EXPECT_EQ(take_whole(4, one.index.jpeg), Event::picture);
  EXPECT_TRUE(picture() == one.index.jpeg) << "an update was missed";
  EXPECT_EQ(take_whole(4, two.index.jpeg), Event::picture);
  EXPECT_TRUE(picture() == one.index.jpeg);
  joiner_.restart();
  EXPECT_EQ(take_whole(4, two.index.jpeg), Event::picture);
  EXPECT_TRUE(picture() == two.index.jpeg);
}

// Slates, and pictures of another size, come whole.
TEST_F(FrameJoinerTest, AWholeFrameReplacesThePicture) {
  take_whole(1, one.index.jpeg);
  const std::string other = as_text(test_jpeg(2));
  EXPECT_EQ(take_whole(2, other), Event::picture);
  EXPECT_TRUE(picture() == other);
  EXPECT_EQ(joiner_.width(), 64);
  expect_damaged(take_update(2, 3), "an update of a frame without segments");
}

TEST_F(FrameJoinerTest, WhatDoesNotFitIsDamaged) {
  take_whole(1, one.index.jpeg);
  expect_damaged(take_whole(2, one.index.jpeg.substr(0, 2000)), "cut off");
  expect_damaged(take_message(2, "text", "x"), "not a JSON object");
  expect_damaged(take_message(2, message_text(2), atlas({{0, 20}})), "not its update");
  expect_damaged(take_message(2, message_text(3, update_key(1, "[0,20]", 20)), atlas({{0, 20}})),
                 "not its update");
  expect_damaged(take_message(2, message_text(2, update_key(1, "[0,1]", 1)), atlas({{0, 20}})),
                 "the atlas has other dimensions than its message says");
  expect_damaged(take_message(2, message_text(2, update_key(1, "[0,20]", 20)), ""),
                 "the atlas is not a JPEG in segments");
  const std::string whole = atlas({{0, 2}});
  const size_t end = whole.find("\xff\xd0");
  ASSERT_NE(end, whole.npos);
  expect_damaged(take_message(2, message_text(2, update_key(1, "[0,2]", 2)),
                              whole.substr(0, end - 100) + whole.substr(end)),
                 "the segments of the atlas are damaged");
}

}  // namespace
}  // namespace fanlight
