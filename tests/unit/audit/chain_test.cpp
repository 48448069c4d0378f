#include "audit/chain.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace certbound::audit {

namespace {

constexpr WallTime kMoment{std::chrono::seconds{1768478400}};  // 2026-01-15T12:00:00Z
constexpr std::string_view kOpenRecord = "{\"time\":\"2026-01-15T12:00:00Z\",\"request_id\":\"r\"}\n";

std::string without_line_feed(const std::string& line) { return line.substr(0, line.size() - 1); }

}  // namespace

TEST(Seal, PutsNumberAndHashOfTheRecordBeforeAtTheEnd) {
  Head head{7, crypto::sha256(std::string_view{"before"})};
  const std::string hash_before = head.hash.to_base64url();
  std::string line{kOpenRecord};

  seal(line, 0, head);

  EXPECT_EQ(line,
            "{\"time\":\"2026-01-15T12:00:00Z\",\"request_id\":\"r\",\"seq\":8,\"prev\":\"" + hash_before + "\"}\n");
  EXPECT_EQ(head.seq, 8U);
  EXPECT_EQ(head.hash, crypto::sha256(std::string_view{without_line_feed(line)}));
}

TEST(Seal, MarksTheFirstRecordOfAChain) {
  Head head;
  std::string line{kOpenRecord};
  seal(line, 0, head);
  EXPECT_EQ(nlohmann::json::parse(line)["prev"], "genesis");
  EXPECT_EQ(nlohmann::json::parse(line)["seq"], 1);
}

TEST(Seal, HashesOnlyTheRecordAtTheGivenPlace) {
  Head first;
  std::string text{kOpenRecord};
  seal(text, 0, first);
  Head second = first;
  const std::size_t begin = text.size();
  text += kOpenRecord;
  seal(text, begin, second);
  EXPECT_EQ(second.hash, crypto::sha256(std::string_view{without_line_feed(text.substr(begin))}));
}

TEST(ParseLink, ReadsWhatSealWrites) {
  Head head{std::numeric_limits<std::uint64_t>::max() - 1, crypto::sha256(std::string_view{"before"})};
  const Head before = head;
  std::string line{kOpenRecord};
  seal(line, 0, head);
  const std::string text = without_line_feed(line);

  const auto link = parse_link(text);

  ASSERT_TRUE(link);
  EXPECT_EQ(link->seq, std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(link->body, "{\"time\":\"2026-01-15T12:00:00Z\",\"request_id\":\"r\"");
  EXPECT_TRUE(is_next(*link, before));
  EXPECT_FALSE(is_next(*link, head));
  EXPECT_FALSE(is_next(*link, {before.seq, {}}));
}

TEST(ParseLink, RefusesWhatDoesNotEndAsARecord) {
  const std::string begin = "{\"time\":\"2026-01-15T12:00:00Z\"";
  const std::string hash(43, 'A');
  ASSERT_TRUE(parse_link(begin + ",\"seq\":1,\"prev\":\"" + hash + "\"}"));
  for (const std::string& line :
       {std::string{}, std::string{"{}"}, begin + "}", begin + ",\"seq\":1,\"prev\":\"" + hash + "\"",
        begin + ",\"seq\":01,\"prev\":\"" + hash + "\"}", begin + ",\"seq\":,\"prev\":\"" + hash + "\"}",
        begin + ",\"seq\":0,\"prev\":\"" + hash + "\"}", begin + ",\"seq\":-1,\"prev\":\"" + hash + "\"}",
        begin + ",\"seq\":18446744073709551616,\"prev\":\"" + hash + "\"}",
        begin + ",\"seq\":1,\"prev\":\"" + hash + "A\"}", begin + ",\"seq\":1,\"prev\":\"\"}",
        begin + ",\"prev\":\"" + hash + "\",\"seq\":1}", begin + ",\"seq\":1,\"prev\":\"" + hash + "\"} ",
        "x" + begin + ",\"seq\":1,\"prev\":\"" + hash + "\"}", std::string{"\"}"}}) {
    EXPECT_FALSE(parse_link(line)) << line;
  }
}

TEST(RenderHead, IsWhatParseHeadReads) {
  const Head head{17, crypto::sha256(std::string_view{"a"})};
  const std::string text = render_head(head);
  EXPECT_TRUE(text.starts_with("17:"));
  EXPECT_EQ(parse_head(text), head);
  EXPECT_EQ(parse_head("00000" + text), head);
}

TEST(ParseHead, RefusesEverythingElse) {
  const std::string hash = crypto::sha256(std::string_view{"a"}).to_base64url();
  for (const std::string& text :
       {std::string{}, std::string{":"}, std::string{"17"}, "0:" + hash, ":" + hash, "17:" + hash + "\n",
        "17:" + hash.substr(1), "17: " + hash, "-1:" + hash, "x:" + hash}) {
    EXPECT_FALSE(parse_head(text)) << text;
  }
}

TEST(RenderAnchor, IsJsonThatSaysWhatItIs) {
  Anchor anchor;
  anchor.reason = "replaced";
  anchor.set_aside = "a\"\n";
  anchor.torn = make_torn("half");
  Head head;
  std::string line = render_anchor(kMoment, anchor);
  seal(line, 0, head);

  const auto json = nlohmann::json::parse(line);

  EXPECT_EQ(json["time"], "2026-01-15T12:00:00Z");
  EXPECT_EQ(json["record"], "anchor");
  EXPECT_EQ(json["format"], 1);
  EXPECT_EQ(json["reason"], "replaced");
  EXPECT_EQ(json["set_aside"], "a\"\n");
  EXPECT_EQ(json["octets"], 4);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(kind_of(line), RecordKind::anchor);
  EXPECT_EQ(reason_of(line), "replaced");
  EXPECT_TRUE(has_known_format(line));
}

TEST(KindOf, TellsTheRecordsApart) {
  EXPECT_EQ(kind_of(kOpenRecord), RecordKind::decision);
  EXPECT_EQ(kind_of(render_note(kMoment, "torn", make_torn("x"))), RecordKind::note);
  EXPECT_EQ(kind_of("{\"time\":\"2026-01-15T12:00:00Z\",\"record\":\"news\""), RecordKind::other);
  EXPECT_EQ(kind_of("{\"time\":\"2026-01-15T12:00:00Z\",\"record\":\"denial\""), RecordKind::denial);
  EXPECT_EQ(kind_of("{}"), RecordKind::other);
  // A text of a stranger is escaped: it cannot become a member.
  EXPECT_EQ(kind_of("{\"time\":\"2026-01-15T12:00:00Z\",\"request_id\":\"\\\",\\\"record\\\":\\\"anchor\"}"),
            RecordKind::decision);
}

TEST(NamesTorn, ComparesLengthAndHash) {
  Head head;
  std::string line = render_note(kMoment, "torn", make_torn("half"));
  seal(line, 0, head);
  const std::string text = without_line_feed(line);
  const auto link = parse_link(text);
  ASSERT_TRUE(link);
  EXPECT_TRUE(names_torn(*link, "half"));
  EXPECT_FALSE(names_torn(*link, "hale"));
  EXPECT_FALSE(names_torn(*link, "half "));
}

}  // namespace certbound::audit
