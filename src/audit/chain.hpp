#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "crypto/digest.hpp"

// The hash chain of the audit log: docs/adr/0019, docs/AUDIT.md. Values and functions on them; nothing here opens a
// file.
namespace certbound::audit {

/// The last record of a chain: its number, and the SHA-256 of its line without the line feed.
struct Head {
  std::uint64_t seq = 0;  ///< 0: there is no record yet
  crypto::Sha256 hash;

  [[nodiscard]] bool operator==(const Head& other) const = default;
};

/// `17:` and the hash in base64url: what an auditor notes.
[[nodiscard]] std::string render_head(const Head& head);

/// What render_head() writes, perhaps with leading zeros; nothing for any other text.
[[nodiscard]] std::optional<Head> parse_head(std::string_view text);

/// What stands in the place of the hash in the first record of a chain.
inline constexpr std::string_view kGenesis = "genesis";

/// Ends the record that begins at `begin` in `text` (a JSON object and a line feed, as render_event() makes it): the
/// number and the hash of the record before become its last members. `head` becomes that of this record.
void seal(std::string& text, std::size_t begin, Head& head);

/// What a line says of its place in the chain. Views into the line.
struct Link {
  std::uint64_t seq = 0;
  std::string_view prev;  ///< 43 characters, or kGenesis
  std::string_view body;  ///< what stands before the two
};

/// Of a line without its line feed; nothing where it does not end as seal() ends it. Looks at both ends only: quotes
/// inside of texts are escaped, so nothing else can look like these members.
[[nodiscard]] std::optional<Link> parse_link(std::string_view line);

/// Is that the record behind `before`?
[[nodiscard]] bool is_next(const Link& link, const Head& before);

enum class RecordKind : std::uint8_t {
  decision,       ///< of render_event()
  anchor,         ///< the first of a file
  note,           ///< what the server found when it opened a file
  denial,         ///< of render_denial()
  client_secret,  ///< of render_secret_change()
  other,          ///< of a version that is not known here
};
[[nodiscard]] RecordKind kind_of(std::string_view line);

/// The `reason` of an anchor or a note, else nothing.
[[nodiscard]] std::string_view reason_of(std::string_view line);

/// What a power cut or a full disk left behind the last record of a file: half a line, or several, where ending the
/// first did not come to its end either.
struct Torn {
  std::size_t octets = 0;
  crypto::Sha256 hash;
};
[[nodiscard]] Torn make_torn(std::string_view text);

inline constexpr int kFormat = 1;

/// A record with which a file begins, not yet sealed. `set_aside`: the name under which what was found there was put.
struct Anchor {
  std::string_view reason;  ///< a literal: `first`, `rotated`, `restarted`, `replaced`
  std::string set_aside;
  std::optional<Torn> torn;
};
[[nodiscard]] std::string render_anchor(WallTime time, const Anchor& anchor);

/// Is `anchor` of the one format that is known here?
[[nodiscard]] bool has_known_format(std::string_view anchor);

/// A record of what was found, not yet sealed: `torn` half a line stands before it, `head_missing` the file with the
/// head of the chain was gone, `head_behind` records before it had not been noted there.
[[nodiscard]] std::string render_note(WallTime time, std::string_view reason, const std::optional<Torn>& torn);

/// So many lines at the most are taken for that.
inline constexpr std::size_t kMostTornLines = 16;

/// Does the record say that such a thing stands before it?
[[nodiscard]] bool is_behind_torn(const Link& record);

/// And that it is `torn`, without its last line feed?
[[nodiscard]] bool names_torn(const Link& record, std::string_view torn);

}  // namespace certbound::audit
