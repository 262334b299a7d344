// SPDX-License-Identifier: Apache-2.0
#include "core/camera_panel.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <memory>
#include <string>
#include <vector>

namespace fanlight {
namespace {

// A shard's side: its mailbox, and the answers delivered to it.
struct Asker {
  struct Told {
    ControlOutcome outcome;
    std::string words;
    bool operator==(const Told&) const = default;
  };

  ControlRequest* ask(CameraPanel& panel, std::string_view body) {
    return panel.ask({body}, mailbox, this,
                     [](void* owner, ControlOutcome outcome, std::string_view words) noexcept {
                       static_cast<Asker*>(owner)->told.push_back({outcome, std::string(words)});
                     });
  }

  Waker waker;
  Mailbox mailbox{waker};
  std::vector<Told> told;
};

bool is_readable(const Waker& waker) {
  pollfd ready{waker.fd(), POLLIN, 0};
  return ::poll(&ready, 1, 0) == 1;
}

struct Texts {
  explicit Texts(const CameraPanel& panel) {
    auto room = std::make_unique<std::array<char, CameraPanel::kControlsBytesMax>>();
    const auto head = std::span(*room);
    device = panel.copy_device(head.first<CameraPanel::kTextBytesMax>());
    format = panel.copy_format(head.first<CameraPanel::kTextBytesMax>());
    via = panel.copy_via(head.first<CameraPanel::kViaBytesMax>());
    controls = panel.copy_controls(head);
  }
  std::string device, format, via, controls;
};

class CameraPanelTest : public testing::Test {
 protected:
  // Answers with the request's body as the words.
  void serve(ControlOutcome outcome = ControlOutcome::refused) {
    panel_.serve([outcome](const ControlOrder& order, ControlAnswer& answer) {
      answer.outcome = outcome;
      answer.words = order.body;
    });
  }

  Waker camera_;
  Asker asker_;
  CameraPanel panel_{camera_};
};

TEST_F(CameraPanelTest, IsEmptyUntilTheCameraDescribesItself) {
  const Texts before(panel_);
  EXPECT_EQ(before.device + before.format + before.via + before.controls, "");
  panel_.describe("HD Webcam", "MJPEG 1280x720", "1.1 porch");
  EXPECT_EQ(panel_.publish_controls(std::vector<std::string>{"{\"a\":1}", "{\"b\":2}"}), 0u);
  const Texts after(panel_);
  EXPECT_EQ(after.device, "HD Webcam");
  EXPECT_EQ(after.format, "MJPEG 1280x720");
  EXPECT_EQ(after.via, "1.1 porch");
  EXPECT_EQ(after.controls, "{\"a\":1},{\"b\":2}");
  panel_.describe("", "", "");
  EXPECT_EQ(panel_.publish_controls({}), 0u);
  EXPECT_EQ(Texts(panel_).controls, "");
  EXPECT_EQ(Texts(panel_).device, "");
}

// Line breaks from a device or a peer must not reach the head of a response.
TEST_F(CameraPanelTest, ReplacesUnprintableCharacters) {
  panel_.describe("Cam\r\nX: y\x7f\xc3\xa9", "\t1", "1.1 a\r\nSet-Cookie: b");
  const Texts texts(panel_);
  EXPECT_EQ(texts.device, "Cam  X: y\uFFFDé");
  EXPECT_EQ(texts.format, " 1");
  EXPECT_EQ(texts.via, "1.1 a  Set-Cookie: b");
}

TEST_F(CameraPanelTest, TruncatesLongTextsAndOmitsALongChain) {
  const std::string longest(CameraPanel::kTextBytesMax, 'd');
  const std::string chain(CameraPanel::kViaBytesMax, 'v');
  panel_.describe(longest + "x", longest, chain);
  EXPECT_EQ(Texts(panel_).device, longest);
  EXPECT_EQ(Texts(panel_).format, longest);
  EXPECT_EQ(Texts(panel_).via, chain);
  panel_.describe("", "", chain + "v");
  EXPECT_EQ(Texts(panel_).via, "");
}

TEST_F(CameraPanelTest, CountsRowsThatDoNotFit) {
  const std::string half(CameraPanel::kControlsBytesMax / 2, 'r');
  const std::string rest(CameraPanel::kControlsBytesMax / 2 - 1, 's');
  EXPECT_EQ(panel_.publish_controls(std::vector<std::string>{half, rest}), 0u);
  EXPECT_EQ(Texts(panel_).controls, half + "," + rest);
  EXPECT_EQ(panel_.publish_controls(std::vector<std::string>{half, half, "x"}), 2u);
  EXPECT_EQ(Texts(panel_).controls, half);
}

TEST_F(CameraPanelTest, RequestsWakeTheCameraAndAreServedInOrder) {
  EXPECT_FALSE(is_readable(camera_));
  for (const char* body : {"first", "second", "third"}) {
    ASSERT_NE(asker_.ask(panel_, body), nullptr);
  }
  EXPECT_TRUE(is_readable(camera_));
  std::vector<std::string> served;
  panel_.serve([&](const ControlOrder& order, ControlAnswer& answer) {
    served.emplace_back(order.body);
    answer.outcome = ControlOutcome::done;
  });
  EXPECT_EQ(served, (std::vector<std::string>{"first", "second", "third"}));
  EXPECT_TRUE(asker_.told.empty());
  EXPECT_TRUE(is_readable(asker_.waker));
  asker_.mailbox.deliver();
  EXPECT_EQ(asker_.told, (std::vector<Asker::Told>(3, {ControlOutcome::done, ""})));
  panel_.serve([](const ControlOrder&, ControlAnswer&) { FAIL() << "nothing is left to serve"; });
}

TEST_F(CameraPanelTest, SaysWhoAsksInOneShortLine) {
  const auto served_as = [this](const std::string& who) {
    std::string seen;
    panel_.ask({"{}", who}, asker_.mailbox, &asker_,
               [](void*, ControlOutcome, std::string_view) noexcept {});
    panel_.serve([&](const ControlOrder& order, ControlAnswer&) { seen = order.who; });
    asker_.mailbox.deliver();
    return seen;
  };
  EXPECT_EQ(served_as("10.0.0.9"), "10.0.0.9");
  EXPECT_EQ(served_as("two\nlines"), "two lines");
  EXPECT_EQ(served_as(std::string(1000, 'w')), std::string(ControlRequest::kWhoBytesMax, 'w'));
}

TEST_F(CameraPanelTest, ReplyIsOneLineOfBoundedLength) {
  asker_.ask(panel_, "no such\ncontrol");
  serve(ControlOutcome::refused);
  asker_.ask(panel_, std::string(ControlRequest::kBodyBytesMax, 'w'));
  serve(ControlOutcome::malformed);
  asker_.mailbox.deliver();
  ASSERT_EQ(asker_.told.size(), 2u);  // delivered newest first
  EXPECT_EQ(asker_.told[1], (Asker::Told{ControlOutcome::refused, "no such control"}));
  EXPECT_EQ(asker_.told[0], (Asker::Told{ControlOutcome::malformed,
                                         std::string(ControlRequest::kWordsBytesMax, 'w')}));
}

// If the handler leaves the answer unchanged, the camera is unavailable.
TEST_F(CameraPanelTest, UnchangedReplyMeansUnavailable) {
  asker_.ask(panel_, "{}");
  panel_.serve([](const ControlOrder&, ControlAnswer&) {});
  asker_.mailbox.deliver();
  ASSERT_EQ(asker_.told.size(), 1u);
  EXPECT_EQ(asker_.told[0].outcome, ControlOutcome::unavailable);
}

TEST_F(CameraPanelTest, PlacesAreLimitedAndReused) {
  std::vector<ControlRequest*> requests;
  for (size_t i = 0; i < CameraPanel::kRequestsMax; ++i) {
    requests.push_back(asker_.ask(panel_, "x"));
    ASSERT_NE(requests.back(), nullptr);
  }
  EXPECT_EQ(asker_.ask(panel_, "x"), nullptr);
  panel_.abandon(*requests[3]);
  EXPECT_NE(asker_.ask(panel_, "last"), nullptr);
  EXPECT_EQ(asker_.ask(panel_, "x"), nullptr);
  std::string last;
  panel_.serve([&](const ControlOrder& order, ControlAnswer&) { last = order.body; });
  EXPECT_EQ(last, "last");                      // although it is in an old place
  EXPECT_EQ(asker_.ask(panel_, "x"), nullptr);  // answered, not yet delivered
  asker_.mailbox.deliver();
  EXPECT_EQ(asker_.told.size(), CameraPanel::kRequestsMax);
  ControlRequest* again = asker_.ask(panel_, "x");
  ASSERT_NE(again, nullptr);
  panel_.abandon(*again);
}

TEST_F(CameraPanelTest, AbandonedRequestIsNotServed) {
  panel_.abandon(*asker_.ask(panel_, "waiting"));
  panel_.serve([](const ControlOrder&, ControlAnswer&) { FAIL() << "it was abandoned"; });
  EXPECT_FALSE(is_readable(asker_.waker));
}

TEST_F(CameraPanelTest, AbandonedWhileServedLeavesNothingInTheMailbox) {
  ControlRequest* request = asker_.ask(panel_, "serving");
  panel_.serve([&](const ControlOrder&, ControlAnswer& answer) {
    panel_.abandon(*request);  // like a shard, which does not wait for serve() to end
    answer.outcome = ControlOutcome::done;
  });
  EXPECT_FALSE(is_readable(asker_.waker));
  asker_.mailbox.deliver();
  EXPECT_TRUE(asker_.told.empty());
}

TEST_F(CameraPanelTest, AbandonedAfterServingIsNotDelivered) {
  ControlRequest* request = asker_.ask(panel_, "answered");
  serve();
  panel_.abandon(*request);
  asker_.mailbox.deliver();
  EXPECT_TRUE(asker_.told.empty());
}

// Clients that ask again immediately must not delay the camera's pictures.
TEST_F(CameraPanelTest, ServesALimitedNumberAtATime) {
  asker_.ask(panel_, "x");
  size_t served = 0;
  panel_.serve([&](const ControlOrder&, ControlAnswer&) {
    asker_.mailbox.deliver();
    asker_.ask(panel_, "x");
    ++served;
  });
  EXPECT_EQ(served, CameraPanel::kRequestsMax);
  serve();
  asker_.mailbox.deliver();
}

TEST(CameraPanelDeathTest, DestroyingItWithOpenRequestsAborts) {
  EXPECT_DEATH(
      {
        Waker camera;
        Asker asker;
        CameraPanel panel(camera);
        asker.ask(panel, "x");
      },
      "State::free");
}

}  // namespace
}  // namespace fanlight
