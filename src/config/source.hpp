#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/problem.hpp"

namespace certbound::config {

/// A place in a file: line and column from 1, columns in characters.
struct Mark {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// The place in `text` of its octet `offset`.
[[nodiscard]] Mark mark_at(std::string_view text, std::size_t offset);

/// One configuration file as it was read. Lives as long as the load.
class Source {
 public:
  /// `order` is the file's number in the order of loading: the main file, then the included ones.
  Source(const std::filesystem::path& path, std::string text, std::size_t order);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::size_t order() const { return order_; }
  [[nodiscard]] bool is_main() const { return order_ == 0; }

  /// Where relative paths in this file start.
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// The line without its end; empty where it is longer than a terminal could show.
  [[nodiscard]] std::string_view line(std::uint32_t number) const;

 private:
  std::string name_;
  std::filesystem::path directory_;
  std::string text_;
  std::size_t order_;
};

/// Collects the problems of one load.
class Report {
 public:
  /// From `start` up to `end`, where that is on the same line.
  void add(const Source& source, Mark start, Mark end, std::string key, std::string message,
           Severity severity = Severity::error);
  /// A problem of a file that could not be read: there is no place in it.
  void add_unreadable(std::string file, std::string message);

  [[nodiscard]] std::size_t error_count() const { return errors_; }

  /// In the order of files, then lines. From the thousandth on problems are only counted, so that a hostile file costs
  /// no memory.
  [[nodiscard]] std::vector<Problem> take_sorted();

 private:
  struct Entry {
    std::size_t order = 0;
    Problem problem;
  };

  std::vector<Entry> entries_;
  std::size_t errors_ = 0;
  std::size_t warnings_ = 0;
  std::size_t dropped_ = 0;
};

}  // namespace certbound::config
