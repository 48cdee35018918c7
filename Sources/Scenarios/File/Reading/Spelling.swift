/// Suggests what was probably meant.
enum Spelling {
  /// `did you mean 'X'?` for the nearest of the words, if it is near.
  static func suggestion(for word: String, among words: [String]) -> String? {
    let nearest = words.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }
      .min { $0.1 < $1.1 }
    guard let (candidate, edits) = nearest, edits <= max(1, word.utf8.count / 3) else { return nil }
    return "did you mean '\(candidate)'?"
  }

  /// Insertions, deletions, substitutions, and two neighbours that changed places (Damerau, CACM
  /// 1964; the variant that is called optimal string alignment).
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for (i, byte) in left.enumerated() {
      var row = [i + 1]
      for (j, other) in right.enumerated() {
        var edits = min(last[j] + (byte == other ? 0 : 1), last[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, byte == right[j - 1], left[i - 1] == other {
          edits = min(edits, beforeLast[j - 1] + 1)
        }
        row.append(edits)
      }
      (beforeLast, last) = (last, row)
    }
    return last[right.count]
  }
}
