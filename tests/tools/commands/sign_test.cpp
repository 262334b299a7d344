// SPDX-License-Identifier: Apache-2.0
#include "tools/commands/sign.h"

#include <vector>

#include "tests/tools/commands/test_folder.h"
#include "tools/flags/exit_code.h"

namespace fanlight {
namespace {

constexpr int64_t kNow = 1'789'999'400;

class Sign : public TestFolder {
 protected:
  Sign() { write("key", "0123456789abcdef0123456789abcdef\n"); }
  // The link, or "CODE: LINE" of an error.
  std::string sign(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), path("key"));
    try {
      return sign_link(arguments, kNow);
    } catch (const StartError& error) {
      return std::to_string(static_cast<int>(error.code())) + ": " + error.what();
    }
  }
};

TEST_F(Sign, PrintsALink) {
  const std::string query = "exp=1790000000&cam=front&sig=";
  const std::string mac = "HJv6H1T5NHkQZvKeC5d909usf53KupkVqwo9YuYfn6g";
  EXPECT_EQ(sign({"front", "10m"}), "/cameras/front/stream?" + query + mac);
  EXPECT_EQ(sign({"front", "@1790000000"}), "/cameras/front/stream?" + query + mac);
  EXPECT_EQ(sign({"front", "600", "any", "http://cam:5000/snapshot"}),
            "http://cam:5000/snapshot?" + query + mac);
  EXPECT_EQ(sign({"front", "600", "5", "/ws?segments=1"}),
            "/ws?segments=1&" + query + "5-rfojGdZUhA3ryLwZFrFZxwj8ydheu898k5_c2CfggDU");
  EXPECT_TRUE(sign({"front", "30d"}).starts_with("/cameras/front/stream?exp=1792591400&"));
}

TEST_F(Sign, Mistakes) {
  EXPECT_TRUE(sign({}).starts_with("64: sign: KEY-FILE CAMERA TIME"));
  EXPECT_TRUE(sign({"front"}).starts_with("64: sign: KEY-FILE CAMERA TIME"));
  EXPECT_TRUE(sign({"front", "1h", "5", "/", "more"}).starts_with("64: "));
  for (const char* time :
       {"", "0", "-1h", "soon", "@1789999400", "@x", "0d", "-1d", "36501d", "d"}) {
    EXPECT_TRUE(sign({"front", time}).starts_with("64: sign: time ")) << time;
  }
  for (const char* camera : {"", "Front", "a/b", "a&b"}) {
    EXPECT_TRUE(sign({camera, "1h"}).starts_with("64: sign: camera ")) << camera;
  }
  for (const char* fps : {"", "0", "-1", "1e2", "x", ".5", "1001", "inf"}) {
    EXPECT_TRUE(sign({"front", "1h", fps}).starts_with("64: sign: fps ")) << fps;
  }
  EXPECT_TRUE(sign({"front", "1h", "5", "/stream#x"}).starts_with("64: sign: URL "));
  write("key", "short\n");
  EXPECT_TRUE(sign({"front", "1h"}).starts_with("78: sign: " + path("key") + ": line 1: "));
}

}  // namespace
}  // namespace fanlight
