// SPDX-License-Identifier: Apache-2.0
#include "capture/jpeg/exif_time.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <optional>
#include <string>

#include "tests/capture/jpeg/test_exif.h"

namespace fanlight {
namespace {

// 2024-05-17 13:45:59 UTC.
constexpr int64_t kTaken = 1'715'953'559;

const Bytes& plain() {
  static const Bytes jpeg = make_jpeg(64, 48, 10);
  return jpeg;
}

// In microseconds of Unix time; 0: none.
int64_t time_in(const Bytes& jpeg) {
  const auto time = exif_capture_time(jpeg);
  return time ? time->time_since_epoch().count() : 0;
}
int64_t time_of(const ExifTexts& texts, bool little = true) {
  return time_in(with_exif(plain(), make_tiff(texts, little)));
}

class LocalTime {
 public:
  explicit LocalTime(const char* zone) {
    if (const char* old = std::getenv("TZ")) old_ = old;
    ::setenv("TZ", zone, 1);
    ::tzset();
  }
  ~LocalTime() {
    if (old_) {
      ::setenv("TZ", old_->c_str(), 1);
    } else {
      ::unsetenv("TZ");
    }
    ::tzset();
  }

 private:
  std::optional<std::string> old_;
};

TEST(ExifTime, ReadsZoneAndFractionInBothByteOrders) {
  for (const bool little : {true, false}) {
    EXPECT_EQ(time_of({{kExifTimeOriginal, "2024:05:17 15:45:59"},
                       {kExifOffsetOriginal, "+02:00"},
                       {kExifFractionOriginal, "25"}},
                      little),
              kTaken * 1'000'000 + 250'000);
    EXPECT_EQ(time_of({{kExifTimeOriginal, "2024:05:17 08:15:59"},
                       {kExifOffsetOriginal, "-05:30"},
                       {kExifFractionOriginal, "123456789"}},
                      little),
              kTaken * 1'000'000 + 123'456);
  }
}

TEST(ExifTime, WithoutAZoneItIsLocalTime) {
  const LocalTime local("XYZ-3");
  EXPECT_EQ(time_of({{kExifTimeOriginal, "2024:05:17 16:45:59"}}), kTaken * 1'000'000);
}

TEST(ExifTime, IgnoresInvalidTimes) {
  EXPECT_EQ(time_in(plain()), 0) << "no EXIF";
  EXPECT_EQ(time_of({}), 0);
  EXPECT_EQ(time_of({{kExifOffsetOriginal, "+02:00"}}), 0);
  for (const char* text :
       {"", "2024:05:17", "2024:05:17 13:45", "    :  :     :  :  ", "2024:13:17 13:45:59",
        "2024:00:17 13:45:59", "2024:05:32 13:45:59", "2024:05:17 24:45:59", "2024:05:17 13:60:59",
        "-024:05:17 13:45:59", "2024:05:17 13:45:59 ", "0000:00:00 00:00:00"}) {
    EXPECT_EQ(time_of({{kExifTimeOriginal, text}, {kExifOffsetOriginal, "+00:00"}}), 0) << text;
  }
  EXPECT_EQ(time_of({{kExifTimeOriginal, "2000:01:01 00:00:00"}, {kExifOffsetOriginal, "+00:00"}}),
            0)
      << "a clock that was never set";
}

TEST(ExifTime, IgnoresInvalidFractions) {
  const ExifTexts texts{{kExifTimeOriginal, "2024:05:17 13:45:59"},
                        {kExifOffsetOriginal, "+00:00"}};
  for (const char* fraction : {"", "  ", "x", "-1"}) {
    ExifTexts all = texts;
    all.emplace_back(kExifFractionOriginal, fraction);
    EXPECT_EQ(time_of(all), kTaken * 1'000'000) << fraction;
  }
}

// Every prefix, and every byte inverted: nothing outside is read (ASan), and nothing hangs.
TEST(ExifTime, SurvivesDamage) {
  const std::string tiff =
      make_tiff({{kExifTimeOriginal, "2024:05:17 13:45:59"}, {kExifOffsetOriginal, "+00:00"}});
  for (size_t size = 0; size < tiff.size(); ++size) {
    const Bytes jpeg = with_exif(plain(), tiff.substr(0, size));
    const GuardedBytes guarded(jpeg);
    exif_capture_time(guarded.span());
  }
  for (size_t at = 0; at < tiff.size(); ++at) {
    std::string damaged = tiff;
    damaged[at] = static_cast<char>(~damaged[at]);
    exif_capture_time(with_exif(plain(), damaged));
  }
  EXPECT_EQ(time_in(with_exif(plain(), tiff)), kTaken * 1'000'000);
  EXPECT_EQ(time_in({}), 0);
  Bytes no_length = with_exif(plain(), tiff);
  no_length[4] = no_length[5] = std::byte{0};
  EXPECT_EQ(time_in(no_length), 0);
}

}  // namespace
}  // namespace fanlight
