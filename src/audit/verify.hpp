#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit/chain.hpp"
#include "base/result.hpp"

namespace certbound::audit {

/// The first record that breaks a chain.
struct Break {
  /// A literal: `changed`, `removed`, `reordered`, `inserted`, `truncated` (the end is missing, or everything), `torn`
  /// (half a line at the end, which no record behind it explains), `genesis` (another chain begins), `rewritten` (the
  /// chain holds, but is not the one that was expected), `not_covered` (the files do not hold what was expected),
  /// `head_missing` (of whoever knows that there has to be a noted head), `format`.
  std::string_view kind;
  std::filesystem::path file;
  std::uint64_t line = 0;  ///< from 1; 0: of the file as a whole
  std::uint64_t seq = 0;   ///< the number of the first record that is not proven
  std::string what;        ///< for people
};

/// What the server itself has written about its files, and an auditor should see.
struct Remark {
  std::filesystem::path file;
  std::uint64_t line = 0;
  std::uint64_t seq = 0;
  std::string what;
};

/// A head that was noted earlier, and has to be in the chain. `source` names where, for people.
struct Expectation {
  Head head;
  std::string source;
};

struct VerifiedFile {
  std::filesystem::path file;
  std::uint64_t first_seq = 0;
  std::uint64_t last_seq = 0;
};

struct Verification {
  std::optional<Break> broken;
  std::vector<Remark> remarks;
  std::vector<VerifiedFile> files;  ///< in the order of the chain, as far as it was proven
  std::uint64_t records = 0;        ///< proven, anchors and notes among them
  std::uint64_t octets = 0;
  std::uint64_t noted_seq = 0;  ///< the last that an expectation proves; those behind it may have been cut off
  bool has_genesis = false;     ///< the chain is there from its first record
  Head head;                    ///< the last that was proven
};

/// Proves that the files, at least one and given in any order, are one whole chain, and that each of `expected` is in
/// it. Stops at the first record that breaks it. Every octet of a record but the last is proven by the record behind
/// it; the last one only by an expectation. Errors: `invalid_request` where a file cannot be read.
[[nodiscard]] Result<Verification> verify_files(const std::vector<std::filesystem::path>& files,
                                                const std::vector<Expectation>& expected);

/// A file and the number of its first record; 0 where it has none.
struct OrderedFile {
  std::filesystem::path file;
  std::uint64_t first_seq = 0;
};

/// The files in the order of their first records; those without one first. Errors: `invalid_request` where one cannot
/// be read.
[[nodiscard]] Result<std::vector<OrderedFile>> order_files(const std::vector<std::filesystem::path>& files);

}  // namespace certbound::audit
