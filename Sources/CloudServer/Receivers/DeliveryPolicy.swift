/// How events are delivered to receivers.
package struct DeliveryPolicy: Equatable, Sendable {
  /// After the nth failure in a row, from 0, the next attempt waits a random time of up to this,
  /// doubled n times.
  package var firstWait = Duration.milliseconds(500)
  package var longestWait = Duration.seconds(60)
  /// How long a receiver may take to answer.
  package var answerTime = Duration.seconds(10)
  /// By the cloud's clock; an event that is older is given up.
  package var giveUpSeconds: UInt32 = 86_400

  package init() {}

  /// Full jitter: anything between nothing and the bound, so that many do not come at once.
  func wait(afterFailures count: UInt32, random: inout some RandomNumberGenerator) -> Duration {
    // Doubling 30 times is beyond any bound here, and not beyond what can be reckoned with.
    let bound = min(self.longestWait, self.firstWait * (1 << min(count, 30)))
    return bound * Double.random(in: 0...1, using: &random)
  }
}
