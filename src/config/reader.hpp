#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/config.hpp"
#include "config/option.hpp"
#include "config/source.hpp"
#include "config/surroundings.hpp"
#include "config/tree.hpp"

namespace certbound::config {

/// Where a name was first used: small, since every client has one.
struct Spot {
  const Source* source = nullptr;
  Mark mark;
};

/// The place of a value and its path: for a problem that is found when its file's nodes are gone.
struct ValuePlace {
  const Source* source = nullptr;
  Mark start;
  Mark end;
  std::string path;
};

/// A client_id that an option names.
struct NamedClient {
  std::string client_id;
  ValuePlace place;
};

/// What one load shares over all its files.
struct Session {
  const Surroundings& surroundings;
  Report report;
  std::map<std::string, Place> places;
  std::unordered_map<std::string, Spot> claims;
  NamedFiles named;
  std::vector<NamedClient> named_clients;
};

/// `FILE:LINE:COL`.
[[nodiscard]] std::string describe(const Spot& spot);

/// Typed reads of one file's nodes. A value that does not hold is reported at its place, under its path, and nothing
/// comes back; the caller goes on with the next. A node that was reported before comes back as nothing in silence.
class Reader {
 public:
  Reader(const Source& source, Session& session) : source_{source}, session_{session} {}

  /// One step of the path to the value that is being read, as long as it lives.
  class Step {
   public:
    Step(Reader& reader, std::string_view key) : Step{reader, key, -1, {}} {}
    /// A member of a list; `label` is what people know it by.
    Step(Reader& reader, int index, std::string_view label) : Step{reader, {}, index, label} {}
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;
    ~Step() { reader_.steps_.pop_back(); }

   private:
    Step(Reader& reader, std::string_view key, int index, std::string_view label) : reader_{reader} {
      reader.steps_.push_back({key, index, label});
    }
    Reader& reader_;
  };

  /// A scalar after expansion; `is_plain` where it may be something else than text.
  struct Scalar {
    std::string text;
    bool is_plain = false;
  };
  /// Any scalar; `expected` says in a complaint what stands there otherwise.
  [[nodiscard]] std::optional<Scalar> read_scalar(const Node& node, std::string_view expected);
  /// Not empty, on one line. A plain number or boolean is no text: YAML readers disagree about it.
  [[nodiscard]] std::optional<std::string> read_text(const Node& node);
  [[nodiscard]] std::optional<bool> read_boolean(const Node& node);
  [[nodiscard]] std::optional<std::int64_t> read_integer(const Node& node, Range range);
  /// Octets: an integer, or with the unit KiB or MiB.
  [[nodiscard]] std::optional<std::int64_t> read_size(const Node& node, Range range);
  /// `90s`, `5m`, `12h`, `30d`; the range is in seconds.
  [[nodiscard]] std::optional<std::chrono::seconds> read_duration(const Node& node, Range range);
  /// The index of the choice.
  [[nodiscard]] std::optional<std::size_t> read_choice(const Node& node, const std::vector<std::string_view>& choices);
  /// Resolved from the directory of the file that names it.
  [[nodiscard]] std::optional<std::filesystem::path> read_path(const Node& node);

  /// Is it a map (a list)? If not, that is reported.
  [[nodiscard]] bool expect_map(const Node& node);
  [[nodiscard]] bool expect_list(const Node& node);

  /// A member of a section that no row of its table has.
  void refuse_unknown(const Table& table, const Node& member);
  /// Required options that `node` does not have.
  void refuse_missing(const Table& table, const Node& node);

  /// A problem of the value, under the path of the current step.
  void complain(const Node& node, std::string message, Severity severity = Severity::error);
  /// A problem of the member `key` of the current section, at `node`.
  void complain_of(std::string_view key, const Node& node, std::string message, Severity severity = Severity::error);

  /// Where the member `key` of the current section stands, for complaining of it later.
  [[nodiscard]] ValuePlace place_of(std::string_view key, const Node& node);

  /// Where the value `node` of the current step stands.
  [[nodiscard]] ValuePlace place_of(const Node& node);

  /// The first use of `name` among those of `kind`. A second one is reported and comes back as false.
  [[nodiscard]] bool claim(std::string_view kind, std::string_view name, const Node& node);
  /// Did claim() have `name` in any file?
  [[nodiscard]] static bool is_claimed(const Session& session, std::string_view kind, std::string_view name);

  /// Remembers where the value stands, for problems that are found after loading.
  void record_place(const Node& node);

  [[nodiscard]] const Source& source() const { return source_; }
  [[nodiscard]] Session& session() { return session_; }

 private:
  struct PathStep {
    std::string_view key;
    int index = -1;
    std::string_view label;
  };
  enum class Labels : std::uint8_t { shown, hidden };

  [[nodiscard]] std::string path(Labels labels) const;

  const Source& source_;
  Session& session_;
  std::vector<PathStep> steps_;
};

}  // namespace certbound::config
