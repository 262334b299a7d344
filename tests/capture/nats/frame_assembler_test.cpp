// SPDX-License-Identifier: Apache-2.0
#include "capture/nats/frame_assembler.h"

#include <gtest/gtest.h>

#include "tests/capture/nats/test_link.h"

namespace fanlight {
namespace {

using Event = FrameAssembler::Event;

class FrameAssemblerTest : public testing::Test {
 protected:
  // Part `part` of three, of a frame of `size` bytes, with this text.
  Event take(uint64_t number, uint64_t part, std::string_view text, size_t size = 6) {
    FrameHeader header = test_header(number, size);
    header.part = part;
    header.parts = 3;
    return assembler_.take_part(header, std::as_bytes(std::span(text)));
  }
  std::string taken() {
    Bytes bytes;
    assembler_.take(bytes);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  FrameAssembler assembler_;
};

TEST_F(FrameAssemblerTest, PutsPartsTogether) {
  EXPECT_EQ(take(1, 1, "ab"), Event::none);
  EXPECT_EQ(take(1, 2, "cd"), Event::none);
  EXPECT_EQ(take(1, 3, "ef"), Event::frame);
  EXPECT_EQ(taken(), "abcdef");
  EXPECT_EQ(take(1, 3, "ef"), Event::partial) << "the frame is over";
}

TEST_F(FrameAssemblerTest, AFrameOfOnePartIsWhole) {
  const std::string text = "abc";
  EXPECT_EQ(assembler_.take_part(test_header(1, 3), std::as_bytes(std::span(text))), Event::frame);
  EXPECT_EQ(taken(), "abc");
}

TEST_F(FrameAssemblerTest, ForgetsAFrameThatIsInterrupted) {
  take(1, 1, "ab");
  EXPECT_EQ(take(2, 1, "AB"), Event::none) << "another one begins";
  EXPECT_EQ(take(1, 2, "cd"), Event::partial);
  EXPECT_EQ(take(2, 2, "CD"), Event::partial) << "nothing is left of it";
  take(3, 1, "ab");
  EXPECT_EQ(take(3, 3, "ef"), Event::partial) << "one is missing";
  EXPECT_EQ(take(3, 2, "cd"), Event::partial);
  EXPECT_EQ(take(4, 2, "cd"), Event::partial) << "the first one is missing";
  take(5, 1, "ab");
  take(5, 2, "cd");
  EXPECT_EQ(take(5, 3, "ef"), Event::frame);
}

TEST_F(FrameAssemblerTest, RefusesPartsThatContradictTheSize) {
  take(1, 1, "abcd");
  EXPECT_EQ(take(1, 2, "efg"), Event::damaged);
  EXPECT_EQ(assembler_.problem(), "more bytes than X-Size");
  EXPECT_EQ(take(1, 3, ""), Event::partial);
  take(2, 1, "abcd");
  EXPECT_EQ(take(2, 2, "e", 2), Event::damaged) << "another size than before";
  take(3, 1, "ab");
  take(3, 2, "cd");
  EXPECT_EQ(take(3, 3, "e"), Event::damaged);
  EXPECT_EQ(assembler_.problem(), "fewer bytes than X-Size");
}

}  // namespace
}  // namespace fanlight
