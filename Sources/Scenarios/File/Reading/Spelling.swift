/// Suggests what was probably meant.
enum Spelling {
  /// `did you mean 'X'?` for the nearest of the words, if it is near.
  static func suggestion(for word: String, among words: [String]) -> String? {
    let nearest = words.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }
      .min { $0.1 < $1.1 }
    guard let (candidate, edits) = nearest, edits <= max(1, word.utf8.count / 3) else { return nil }
    return "did you mean '\(candidate)'?"
  }

  /// Levenshtein's: insertions, deletions and substitutions.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (i, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, other) in right.enumerated() {
        let above = row[j + 1]
        row[j + 1] = byte == other ? diagonal : 1 + min(diagonal, above, row[j])
        diagonal = above
      }
    }
    return row[right.count]
  }
}
