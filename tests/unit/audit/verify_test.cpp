#include "audit/verify.hpp"

#include <algorithm>

#include "unit/audit/chain_fixture.hpp"

namespace certbound::audit {

namespace {

using Paths = std::vector<std::filesystem::path>;

}  // namespace

/// A log of an anchor and five decisions, and what becomes of it.
class VerifyFiles : public ChainFixture {
 protected:
  VerifyFiles() {
    open();
    for (const char* id : {"1", "2", "3", "4", "5"}) append(id);
    text_ = read_text(path_);
    lines_ = lines_of(path_);
    head_ = noted();
  }

  [[nodiscard]] Verification verify_text(const std::string& text, const std::vector<Expectation>& expected) const {
    const auto path = folder_.path() / "changed.jsonl";
    // Some file systems write to the disk at once what replaces the content of a file, and this is done thousands of
    // times.
    std::filesystem::remove(path);
    write_text(path, text);
    return verify({path}, expected);
  }
  [[nodiscard]] Verification verify_lines(const std::vector<std::string>& lines) const {
    return verify_text(join_lines(lines), {{head_, "the head"}});
  }

  std::string text_;
  std::vector<std::string> lines_;
  Head head_;
};

TEST_F(VerifyFiles, ProvesAWholeLog) {
  const Verification result = verify_all();
  EXPECT_EQ(describe(result), "whole");
  EXPECT_EQ(result.records, 6U);
  EXPECT_EQ(result.octets, text_.size());
  EXPECT_TRUE(result.has_genesis);
  EXPECT_EQ(result.head, head_);
  ASSERT_EQ(result.files.size(), 1U);
  EXPECT_EQ(result.files[0].first_seq, 1U);
  EXPECT_EQ(result.files[0].last_seq, 6U);
  EXPECT_TRUE(result.remarks.empty());
}

TEST_F(VerifyFiles, FindsEveryChangedOctet) {
  const std::size_t last_line = text_.size() - lines_.back().size() - 1;
  for (std::size_t i = 0; i < text_.size(); ++i) {
    for (const unsigned mask : {0x01U, 0x20U, 0x80U}) {
      std::string changed = text_;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ mask);
      EXPECT_TRUE(verify_text(changed, {{head_, "the head"}}).broken) << i << " " << mask;
      // Nothing stands behind the last record but what was noted of it.
      if (i < last_line) {
        EXPECT_TRUE(verify_text(changed, {}).broken) << i << " " << mask;
      }
    }
  }
}

TEST_F(VerifyFiles, FindsEveryRemovedAndEveryAddedOctet) {
  for (std::size_t i = 0; i < text_.size(); ++i) {
    std::string shorter = text_;
    shorter.erase(i, 1);
    EXPECT_TRUE(verify_text(shorter, {{head_, "the head"}}).broken) << i;
    std::string longer = text_;
    longer.insert(i, 1, ' ');
    EXPECT_TRUE(verify_text(longer, {{head_, "the head"}}).broken) << i;
  }
}

TEST_F(VerifyFiles, FindsEveryCut) {
  for (std::size_t size = 0; size < text_.size(); ++size) {
    const Verification result = verify_text(text_.substr(0, size), {{head_, "the head"}});
    ASSERT_TRUE(result.broken) << size;
    const bool is_at_a_line = size == 0 || text_[size - 1] == '\n';
    EXPECT_EQ(result.broken->kind, is_at_a_line ? "truncated" : "torn") << size;
  }
}

TEST_F(VerifyFiles, SaysHowFarAHeadThatWasNotedProvesIt) {
  EXPECT_EQ(verify_text(text_, {}).noted_seq, 0U);
  EXPECT_EQ(verify_text(text_, {{head_, "the head"}}).noted_seq, 6U);
  const auto path = folder_.path() / "earlier.jsonl";
  write_text(path, join_lines({lines_.begin(), lines_.begin() + 3}));
  const Head earlier = verify({path}, {}).head;
  EXPECT_EQ(verify_text(text_, {{earlier, "an earlier head"}}).noted_seq, 3U);
  const Verification rewritten = verify_text(text_, {{earlier, "an earlier head"}, {{6, earlier.hash}, "another"}});
  EXPECT_EQ(rewritten.broken->kind, "rewritten");
  EXPECT_EQ(rewritten.noted_seq, 3U);
}

// The server begins every file with a record, so nothing is no whole log.
TEST_F(VerifyFiles, TakesAnEmptyLogForACutOne) {
  EXPECT_EQ(describe(verify_text("", {})), "truncated changed.jsonl:0 record 1");
}

TEST_F(VerifyFiles, NamesTheLineThatWasChanged) {
  for (std::size_t i = 1; i < lines_.size(); ++i) {
    std::vector<std::string> lines = lines_;
    lines[i].replace(lines[i].find("etl"), 3, "ets");
    const Verification result = verify_lines(lines);
    const bool is_last = i + 1 == lines.size();
    EXPECT_EQ(describe(result), (is_last ? "rewritten" : "changed") + std::string{" changed.jsonl:"} +
                                    std::to_string(i + 1) + " record " + std::to_string(i + 1));
  }
}

TEST_F(VerifyFiles, NamesEveryRemovedLine) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    std::vector<std::string> lines = lines_;
    lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(i));
    const Verification result = verify_lines(lines);
    ASSERT_TRUE(result.broken) << i;
    EXPECT_EQ(result.broken->kind, i + 1 == lines_.size() ? "truncated" : "removed") << i;
    EXPECT_EQ(result.broken->seq, i + 1) << i;
  }
}

TEST_F(VerifyFiles, NamesEveryPairThatWasSwapped) {
  for (std::size_t i = 1; i < lines_.size(); ++i) {
    for (std::size_t j = i + 1; j < lines_.size(); ++j) {
      std::vector<std::string> lines = lines_;
      std::swap(lines[i], lines[j]);
      const Verification result = verify_lines(lines);
      ASSERT_TRUE(result.broken) << i << " " << j;
      EXPECT_EQ(result.broken->kind, "reordered") << i << " " << j;
      EXPECT_EQ(result.broken->line, i + 1) << i << " " << j;
    }
  }
  std::swap(lines_[0], lines_[1]);
  EXPECT_TRUE(verify_lines(lines_).broken);
}

TEST_F(VerifyFiles, NamesEveryLineThatStandsTwice) {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    for (std::size_t at = i + 1; at <= lines_.size(); ++at) {
      std::vector<std::string> lines = lines_;
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(at), lines_[i]);
      const Verification result = verify_lines(lines);
      ASSERT_TRUE(result.broken) << i << " " << at;
      EXPECT_EQ(result.broken->kind, "inserted") << i << " " << at;
      EXPECT_EQ(result.broken->line, at + 1) << i << " " << at;
    }
  }
}

// A forger who can count and hash, but does not rewrite what follows.
TEST_F(VerifyFiles, FindsARecordThatWasPutInWithRightNumberAndHash) {
  Head before{3, crypto::sha256(std::string_view{lines_[2]})};
  std::string forged = record_of("forged");
  seal(forged, 0, before);
  forged.pop_back();
  std::vector<std::string> lines = lines_;
  lines.insert(lines.begin() + 3, forged);
  EXPECT_EQ(describe(verify_lines(lines)), "inserted changed.jsonl:5 record 5");
  lines = lines_;
  lines[3] = forged;  // in place of record 4: the record behind it is its witness
  EXPECT_EQ(describe(verify_lines(lines)), "changed changed.jsonl:4 record 4");
}

// What a chain without a key cannot prove by itself: whoever rewrites all that follows. A head that was noted can.
TEST_F(VerifyFiles, FindsARewrittenChainByANotedHeadOnly) {
  Head at{2, crypto::sha256(std::string_view{lines_[1]})};
  std::vector<std::string> lines{lines_[0], lines_[1]};
  for (const char* id : {"forged", "3", "4", "5"}) {
    std::string record = record_of(id);
    seal(record, 0, at);
    record.pop_back();
    lines.push_back(record);
  }
  EXPECT_EQ(describe(verify_text(join_lines(lines), {})), "whole");
  EXPECT_EQ(describe(verify_lines(lines)), "rewritten changed.jsonl:6 record 6");
}

TEST_F(VerifyFiles, ComparesEveryHeadThatWasNoted) {
  const Head third{3, crypto::sha256(std::string_view{lines_[2]})};
  EXPECT_EQ(describe(verify({path_}, {{third, "a"}, {head_, "b"}})), "whole");
  Head other = third;
  other.hash.octets[31] ^= 1U;
  const Verification result = verify({path_}, {{head_, "b"}, {other, "the note of Monday"}});
  EXPECT_EQ(describe(result), "rewritten audit.jsonl:3 record 3");
  EXPECT_NE(result.broken->what.find("the note of Monday"), std::string::npos);
  EXPECT_EQ(describe(verify({path_}, {{{9, {}}, "a"}})), "truncated audit.jsonl:6 record 7");
}

TEST_F(VerifyFiles, RefusesAnAnchorInTheMiddle) {
  Head at = head_;
  std::string anchor = render_anchor(noon(), {"rotated", {}, std::nullopt});
  seal(anchor, 0, at);
  EXPECT_EQ(describe(verify_text(text_ + anchor, {})), "inserted changed.jsonl:7 record 7");
}

TEST_F(VerifyFiles, RefusesKindsAndFormatsThatItDoesNotKnow) {
  Head at = head_;
  std::string record = "{\"time\":\"2026-01-15T12:00:00Z\",\"record\":\"news\"}\n";
  seal(record, 0, at);
  EXPECT_EQ(describe(verify_text(text_ + record, {})), "changed changed.jsonl:7 record 7");
  std::string anchor = "{\"time\":\"2026-01-15T12:00:00Z\",\"record\":\"anchor\",\"format\":2,\"reason\":\"first\"}\n";
  Head none;
  seal(anchor, 0, none);
  EXPECT_EQ(describe(verify_text(anchor, {})), "format changed.jsonl:1 record 1");
}

TEST_F(VerifyFiles, AcceptsHalfALineThatTheNextRecordNames) {
  close();
  write_text(path_, text_ + lines_[1].substr(0, 40));
  open();
  append("6");
  const Verification result = verify_all();
  EXPECT_EQ(describe(result), "whole");
  ASSERT_EQ(result.remarks.size(), 1U);
  EXPECT_EQ(result.remarks[0].line, 8U);
  // And every octet of it is proven too.
  const std::string whole = read_text(path_);
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_TRUE(verify_text(changed, {{noted(), "the head"}}).broken) << i;
  }
}

TEST_F(VerifyFiles, SaysWhichFileCannotBeRead) {
  const auto result = verify_files({folder_.path() / "missing"}, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().detail, (folder_.path() / "missing: cannot open: No such file or directory").string());
  EXPECT_FALSE(verify_files({folder_.path()}, {}));
}

TEST_F(VerifyFiles, ReadsLinesLongerThanItsPieces) {
  append(std::string(2000, 'x'));
  for (int i = 0; i < 2000; ++i) append("many-" + std::to_string(i) + std::string(1500, 'y'));
  EXPECT_GT(std::filesystem::file_size(path_), 3U << 20);
  const Verification result = verify_all();
  EXPECT_EQ(describe(result), "whole");
  EXPECT_EQ(result.records, 2007U);
}

/// Three files of one chain.
class VerifyRotated : public ChainFixture {
 protected:
  VerifyRotated() {
    open();
    for (int file = 0; file < 3; ++file) {
      for (int i = 0; i < 3; ++i) append(std::to_string(file) + std::to_string(i));
      if (file < 2) {
        std::filesystem::rename(path_, path_.string() + "." + std::to_string(2 - file));
        if (auto reopened = log_->reopen(); !reopened) throw std::runtime_error{reopened.error().detail};
      }
    }
    oldest_ = path_.string() + ".2";
    middle_ = path_.string() + ".1";
  }
  std::filesystem::path oldest_;
  std::filesystem::path middle_;
};

TEST_F(VerifyRotated, TakesTheFilesInAnyOrder) {
  Paths files{oldest_, middle_, path_};
  std::sort(files.begin(), files.end());
  do {
    const Verification result = verify(files, {{noted(), "the head"}});
    EXPECT_EQ(describe(result), "whole");
    EXPECT_EQ(result.records, 12U);
    ASSERT_EQ(result.files.size(), 3U);
    EXPECT_EQ(result.files[0].file, oldest_);
    EXPECT_EQ(result.files[1].first_seq, 5U);
    EXPECT_EQ(result.files[2].file, path_);
  } while (std::next_permutation(files.begin(), files.end()));
}

TEST_F(VerifyRotated, ProvesWhatIsGivenAndSaysThatItIsNotTheBegin) {
  const Verification result = verify({middle_, path_}, {{noted(), "the head"}});
  EXPECT_EQ(describe(result), "whole");
  EXPECT_FALSE(result.has_genesis);
}

TEST_F(VerifyRotated, MissesAFileBetween) {
  EXPECT_EQ(describe(verify({oldest_, path_})), "removed audit.jsonl:1 record 5");
}

TEST_F(VerifyRotated, MissesTheLastFile) {
  EXPECT_EQ(describe(verify({oldest_, middle_}, {{noted(), "the head"}})), "truncated audit.jsonl.1:4 record 9");
}

TEST_F(VerifyRotated, DoesNotCoverAHeadOfAnOlderFile) {
  EXPECT_EQ(describe(verify({path_}, {{{3, {}}, "a"}})), "not_covered audit.jsonl:1 record 3");
}

TEST_F(VerifyRotated, FindsARotatedFileThatWasCutOrChangedAtItsEnd) {
  const std::vector<std::string> lines = lines_of(oldest_);
  write_text(oldest_, join_lines({lines[0], lines[1], lines[2]}));
  EXPECT_EQ(describe(verify_all()), "removed audit.jsonl.1:1 record 4");
  std::string changed = lines[3];
  changed.replace(changed.find("etl"), 3, "ets");
  write_text(oldest_, join_lines({lines[0], lines[1], lines[2], changed}));
  EXPECT_EQ(describe(verify_all()), "changed audit.jsonl.2:4 record 4");
}

TEST_F(VerifyRotated, FindsAFileThatIsGivenTwice) {
  const auto copy = folder_.path() / "copy";
  std::filesystem::copy_file(middle_, copy);
  const Verification result = verify({oldest_, middle_, copy, path_});
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->kind, "inserted");
}

// Somebody removes the log and its head, and the next start begins another chain.
TEST_F(VerifyRotated, FindsAFreshBegin) {
  close();
  std::filesystem::remove(path_);
  std::filesystem::remove(noted_path());
  open();
  append("fresh");
  const Verification result = verify(files());
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->kind, "genesis");
}

}  // namespace certbound::audit
