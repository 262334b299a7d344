// SPDX-License-Identifier: Apache-2.0
#include "http/page/content_policy.h"

#include <gtest/gtest.h>

namespace fanlight {
namespace {

// The hashes are the output of `printf %s TEXT | openssl dgst -sha256 -binary | base64`.
TEST(ContentPolicy, ListsStyleAndScriptByTheirHashes) {
  EXPECT_EQ(content_policy("<style>a</style>\n<body><script>b</script>"),
            "default-src 'none'; img-src 'self'; connect-src 'self'; "
            "script-src 'sha256-PiPoFgA5WUoziU9lZOGxNIu9egCI1CxKy3PurtWcAJ0='; "
            "worker-src blob:; base-uri 'none'; form-action 'none'; "
            "style-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='");
}

TEST(ContentPolicy, AllowsNoneIfThereIsNone) {
  const std::string policy = content_policy("<p>a page without either</p>");
  EXPECT_NE(policy.find("script-src 'none'; worker-src 'none';"), std::string::npos);
  EXPECT_TRUE(policy.ends_with("style-src 'none'"));
}

TEST(ContentPolicy, AllowsNoInlineHandlersOrOtherOrigins) {
  const std::string policy = content_policy("<style>a</style><script>b</script>");
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(policy.find('*'), std::string::npos);
  EXPECT_EQ(policy.find("http"), std::string::npos);
}

TEST(ContentPolicyDeathTest, UnclosedElementAborts) {
  EXPECT_DEATH(content_policy("<style>a"), "CHECK");
}

}  // namespace
}  // namespace fanlight
