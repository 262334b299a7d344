// SPDX-License-Identifier: Apache-2.0
// fanlight-load: runs many viewers of an MJPEG server, checks what they receive and measures how
// they are served.
#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <system_error>

#include "core/log.h"
#include "tools/flags/exit_code.h"
#include "tools/load/load_options.h"
#include "tools/load/load_report.h"
#include "tools/load/load_run.h"
#include "tools/load/target.h"

namespace fanlight {
namespace {

constexpr int kExitUnclean = 1;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Owns: the file that --json names, or none. It is opened before the run, so that an unwritable
// path does not waste a run.
class JsonFile {
 public:
  explicit JsonFile(const std::string& path) : path_(path) {
    if (path.empty() || path == "-") return;
    file_.reset(std::fopen(path.c_str(), "we"));
    if (!file_) refuse();
  }

  void write(const std::string& json) {
    if (path_ == "-") fmt::print("{}", json);
    if (!file_) return;
    const bool written = std::fwrite(json.data(), 1, json.size(), file_.get()) == json.size();
    if (!written || std::fflush(file_.get()) != 0) refuse();
  }

 private:
  [[noreturn]] void refuse() const {
    throw StartError(ExitCode::system_error,
                     fmt::format("--json {}: {}", path_, std::system_category().message(errno)));
  }

  const std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

int load(const LoadOptions& options) {
  JsonFile json(options.json);
  const LoadResult result = LoadRun(options).run();
  json.write(to_json(result));
  const std::string complaint = result.complaint();
  if (result.connected == 0 && !options.tolerate) {
    throw StartError(ExitCode::unavailable,
                     fmt::format("{}: {}", shown_url(options.url), complaint));
  }
  if (options.json != "-") fmt::print("{}", to_table(result));
  std::fflush(stdout);
  if (complaint.empty()) return 0;
  log_warning("fanlight-load: {}: {}", shown_url(options.url), complaint);
  return options.tolerate ? 0 : kExitUnclean;
}

}  // namespace
}  // namespace fanlight

int main(int argc, char** argv) {
  using namespace fanlight;
  try {
    const auto options = parse_load_options(argc, argv);
    return options ? load(*options) : 0;
  } catch (const StartError& error) {
    log_error("fanlight-load: {}", error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    log_error("fanlight-load: {}", error.what());
    return static_cast<int>(ExitCode::system_error);
  }
}
