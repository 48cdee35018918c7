/// How events are delivered to receivers.
package struct DeliveryPolicy: Equatable, Sendable {
  /// After the nth failure in a row, from 0, the next attempt waits for half of this, doubled n times,
  /// and a random time of up to as much again.
  package var firstWait = Duration.milliseconds(500)
  /// However many failures there were; `Retry-After` apart.
  package var longestWait = Duration.seconds(60)
  /// How long a receiver may take to answer.
  package var answerTime = Duration.seconds(10)
  /// By the cloud's clock; an event that is older is given up when an attempt fails.
  package var giveUpSeconds: UInt32 = 86_400

  package init() {}

  /// Half fixed, so that the waits grow, and half random, so that many do not come at once.
  func wait(afterFailures count: UInt32, random: inout some RandomNumberGenerator) -> Duration {
    // Doubling 30 times is beyond any bound here, and not beyond what can be reckoned with.
    let bound = min(self.longestWait, self.firstWait * (1 << min(count, 30)))
    return bound * Double.random(in: 0.5...1, using: &random)
  }
}
