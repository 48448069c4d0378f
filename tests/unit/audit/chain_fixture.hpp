#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "audit/chained_file.hpp"
#include "audit/event.hpp"
#include "audit/rotation.hpp"
#include "audit/verify.hpp"
#include "unit/store/temporary_folder.hpp"

namespace certbound::audit {

inline WallTime noon() { return WallTime{std::chrono::seconds{1768478400}}; }  // 2026-01-15T12:00:00Z

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

inline void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path, std::ios::binary} << text;
}

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::istringstream text{read_text(path)};
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

inline std::string join_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

inline std::string record_of(const std::string& request_id) {
  Event event;
  event.time = noon();
  event.endpoint = "token";
  event.request_id = request_id;
  event.client_id = "etl";
  return render_event(event);
}

/// A log in a folder of its own.
class ChainFixture : public testing::Test {
 protected:
  /// A process that starts.
  void open(Disk& disk = system_disk()) {
    log_.reset();
    auto opened = ChainedFile::open(path_, options_, registry_.gauge("head", ""), disk);
    if (!opened) throw std::runtime_error{opened.error().detail};
    log_ = *std::move(opened);
    if (const auto failure = log_->append({})) throw std::runtime_error{*failure};
  }
  /// A process that ends.
  void close() { log_.reset(); }

  [[nodiscard]] std::optional<std::string> try_append(const std::string& request_id) {
    const std::string record = record_of(request_id);
    return log_->append({&record, 1});
  }
  void append(const std::string& request_id) {
    if (const auto failure = try_append(request_id)) throw std::runtime_error{*failure};
  }

  [[nodiscard]] std::filesystem::path noted_path() const { return head_path(path_); }
  [[nodiscard]] Head noted() const {
    const auto head = load_head(noted_path());
    if (!head || !*head) throw std::runtime_error{"no head"};
    return **head;
  }
  [[nodiscard]] std::vector<std::filesystem::path> files() const { return *find_rotated(path_); }

  [[nodiscard]] static Verification verify(const std::vector<std::filesystem::path>& files,
                                           const std::vector<Expectation>& expected = {}) {
    auto result = verify_files(files, expected);
    if (!result) throw std::runtime_error{result.error().detail};
    return *std::move(result);
  }
  /// All files of the folder, up to the noted head.
  [[nodiscard]] Verification verify_all() const { return verify(files(), {{noted(), "the head"}}); }

  static std::string describe(const Verification& result) {
    if (!result.broken) return "whole";
    return std::string{result.broken->kind} + " " + result.broken->file.filename().string() + ":" +
           std::to_string(result.broken->line) + " record " + std::to_string(result.broken->seq);
  }

  store::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "audit.jsonl";
  metrics::Registry registry_;
  ChainedFileOptions options_{Durability::kernel, 0, &noon, {}};
  std::unique_ptr<ChainedFile> log_;
};

}  // namespace certbound::audit
