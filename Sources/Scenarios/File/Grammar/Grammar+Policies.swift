import CloudCore
import Simulation

extension Grammar {
  static let policies = Shape(
    "the policies",
    "As a value of `policies`: of each kind of client a product's name, or a policy of its own. [Token policies](token-policies.md) says what each means.",
    [
      Key("app", policyKind, "Of the owners' apps."),
      Key("camera", policyKind, "Of cameras."),
      Key("scale", policyKind, "Of scales."),
    ], rules: [.atLeastOne(["app", "camera", "scale"])])

  private static let policyKind = Kind.oneOf([.word(PolicyPreset.words()), .mapping(policy)])

  static let policy = Shape(
    "a policy", "What a client's refresh tokens are worth.",
    [
      Key("preset", .word(PolicyPreset.words()), "A product's; the keys below change parts of it."),
      Key(
        "rotation",
        .word(
          RotationWord.words {
            switch $0 {
            case .strict: "the token before the live one is a replay"
            case .grace:
              "it gives another successor for the `window`, which takes the place of the one before"
            case .idempotent:
              "it gives the same successor until that was used, and for the `window`"
            case .retireOnUse: "it gives the same successor until that was used"
            case .reusable: "there is none: a token stays what it is"
            }
          }), "What happens to a refresh token that is used."),
      Key(
        "window",
        .duration(
          DurationRule(
            range: .zero...DurationRule.seconds.range.upperBound,
            isWholeSeconds: true)),
        "Of `grace` and `idempotent`, which need it; `0s` is none."),
      Key(
        "reaction",
        .word(
          TheftReaction.words {
            switch $0 {
            case .session: "its session ends"
            case .consent: "every session that the account has with the client ends"
            case .refreshTokens: "its session's refresh tokens die, and access tokens live on"
            }
          }), "What ends when a token is presented once too often; `session` when absent."),
      Key(
        "idle", .duration(.seconds),
        "A session that has not refreshed for so long is over; never for this when absent."),
      Key(
        "absolute", .duration(.seconds),
        "A session is over so long after its login; never for this when absent."),
    ],
    rules: [.exactlyOne(["preset", "rotation"]), .needs("window", "rotation")])

  /// A rotation without its window.
  enum RotationWord: String, LanguageWord {
    case strict, grace, idempotent
    case retireOnUse = "retire_on_use"
    case reusable
  }
}

extension PolicyPreset: LanguageWord {}
extension TheftReaction: LanguageWord {}
extension Fault.Phase: LanguageWord {}
extension Fault.Ending: LanguageWord {}
extension Fault.Malformation: LanguageWord {}
