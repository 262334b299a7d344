// SPDX-License-Identifier: Apache-2.0
#include "capture/camera/control_desk.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/waker.h"
#include "tests/capture/source/test_camera.h"

namespace fanlight {
namespace {

using Set = std::pair<std::string, int64_t>;

// A source without pictures: only the controls set on it, and their order, matter here.
class TurnableSource final : public Source {
 public:
  const SourceFormat& format() const override { return format_; }
  std::optional<Picture> next(Instant) override { return std::nullopt; }
  SourceDescription describe() const override { return {"a lamp", "light", "1.1 moon"}; }
  std::vector<Control> controls() override { return now_; }
  void set_control(const Control& control, int64_t value) override {
    if (refuse == control.name) {
      throw std::system_error(EBUSY, std::system_category(), control.name);
    }
    set.emplace_back(control.name, value);
    for (Control& mine : now_) {
      if (mine.name == control.name) mine.value = value;
    }
    // Only manual mode has the finer scale.
    if (control.name == "mode") now_[1].maximum = value == 1 ? 1000 : 100;
  }

  std::vector<Set> set;
  std::string refuse;

 private:
  SourceFormat format_{16, 16, 100ms, 0};
  std::vector<Control> now_{
      {.name = "mode", .type = ControlType::menu, .maximum = 1, .menu = {"auto", "manual"}},
      {.name = "light", .maximum = 100, .value = 50},
  };
};

struct Desk {
  Waker camera;
  CameraPanel panel{camera};
  Waker shard;
  Mailbox mailbox{shard};
  TurnableSource source;
  ControlDesk desk{&panel, "door", {{"light", "7"}}};

  std::string rows() {
    std::array<char, CameraPanel::kControlsBytesMax> room;
    return std::string(panel.copy_controls(room));
  }

  // The answer that a shard gets to this body.
  std::pair<ControlOutcome, std::string> ask(std::string_view body, Source* asked) {
    std::pair<ControlOutcome, std::string> told;
    const auto answered = [](void* owner, ControlOutcome outcome, std::string_view words) noexcept {
      *static_cast<std::pair<ControlOutcome, std::string>*>(owner) = {outcome, std::string(words)};
    };
    EXPECT_NE(panel.ask({body, "10.0.0.9"}, mailbox, &told, answered), nullptr);
    desk.serve(asked);
    mailbox.deliver();
    return told;
  }
};

TEST(ControlDesk, SetsControlsInOrderAndRereadsThemBeforeEach) {
  TurnableSource source;
  apply_controls(source, {{"mode", "manual"}, {"light", "700"}});
  EXPECT_EQ(source.set, (std::vector<Set>{{"mode", 1}, {"light", 700}}));
  TurnableSource other;
  EXPECT_THROW(apply_controls(other, {{"light", "700"}, {"mode", "manual"}}),
               std::invalid_argument);
  EXPECT_TRUE(other.set.empty());
}

TEST(ControlDesk, PublishesTheDescriptionOfAnOpenedSource) {
  Desk test;
  test.desk.opened(test.source);
  EXPECT_EQ(test.source.set, (std::vector<Set>{{"light", 7}}));
  std::array<char, CameraPanel::kTextBytesMax> room;
  EXPECT_EQ(test.panel.copy_device(room), "a lamp");
  EXPECT_EQ(test.panel.copy_format(room), "light");
  std::array<char, CameraPanel::kViaBytesMax> via;
  EXPECT_EQ(test.panel.copy_via(via), "1.1 moon");
  EXPECT_NE(test.rows().find("\"light\""), std::string::npos);
  EXPECT_NE(test.rows().find("\"value\":7"), std::string::npos) << test.rows();
}

TEST(ControlDesk, RefusedSettingOnlyLogsALine) {
  Desk test;
  test.source.refuse = "light";
  testing::internal::CaptureStderr();
  test.desk.opened(test.source);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines_with(log, "door: light=7 not set: "), 1u) << log;
  EXPECT_NE(test.rows(), "");
}

TEST(ControlDesk, SettingIsReappliedWhenTheSourceIsReopened) {
  Desk test;
  test.desk.opened(test.source);
  testing::internal::CaptureStderr();
  EXPECT_EQ(test.ask(R"({"mode":"manual","light":90})", &test.source).first, ControlOutcome::done);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(lines_with(log, "door: 10.0.0.9 changed mode from 0 (auto) to 1 (manual)"), 1u) << log;
  EXPECT_EQ(lines_with(log, "door: 10.0.0.9 changed light from 7 to 90"), 1u) << log;
  EXPECT_NE(test.rows().find("\"value\":90"), std::string::npos) << test.rows();
  TurnableSource again;
  test.desk.opened(again);
  EXPECT_EQ(again.set, (std::vector<Set>{{"mode", 1}, {"light", 90}}));
}

TEST(ControlDesk, LogsEachChangeAndNothingElse) {
  Desk test;
  test.desk.opened(test.source);
  testing::internal::CaptureStderr();
  test.ask(R"({"light":7})", &test.source);
  test.ask(R"({"light":10,"colour":1})", &test.source);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "nothing was changed";
  test.source.refuse = "light";
  testing::internal::CaptureStderr();
  test.ask(R"({"mode":"manual","light":10})", &test.source);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "door: 10.0.0.9 changed mode from 0 (auto) to 1 (manual)\n");
}

TEST(ControlDesk, InvalidRequestChangesNothing) {
  Desk test;
  test.desk.opened(test.source);
  const size_t before = test.source.set.size();
  EXPECT_EQ(test.ask(R"({"light":10,"colour":1})", &test.source).first, ControlOutcome::malformed);
  EXPECT_EQ(test.ask(R"({"light":10,"mode":"disco"})", &test.source).first,
            ControlOutcome::malformed);
  EXPECT_EQ(test.ask("light=10", &test.source).first, ControlOutcome::malformed);
  EXPECT_EQ(test.source.set.size(), before);
}

TEST(ControlDesk, ReportsTheRefusalAndKeepsEarlierSettings) {
  Desk test;
  test.desk.opened(test.source);
  test.source.refuse = "light";
  const auto [outcome, words] = test.ask(R"({"mode":"manual","light":10})", &test.source);
  EXPECT_EQ(outcome, ControlOutcome::refused);
  EXPECT_NE(words.find("light"), std::string::npos) << words;
  EXPECT_NE(test.rows().find("\"value\":1,"), std::string::npos) << test.rows();
  TurnableSource again;
  test.desk.opened(again);
  EXPECT_EQ(again.set, (std::vector<Set>{{"light", 7}})) << "a failed setting is not retried";
}

TEST(ControlDesk, RepliesUnavailableWithoutACamera) {
  Desk test;
  EXPECT_EQ(test.ask(R"({"light":10})", nullptr).first, ControlOutcome::unavailable);
}

TEST(ControlDesk, OnlyAppliesSettingsWithoutAPanel) {
  TurnableSource source;
  ControlDesk desk(nullptr, "door", {{"light", "7"}});
  desk.opened(source);
  desk.serve(&source);
  EXPECT_EQ(source.set.size(), 1u);
}

}  // namespace
}  // namespace fanlight
