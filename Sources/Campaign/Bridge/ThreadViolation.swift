/// A violation that racing threads met, with what must be known of their round to draw it again from the seed.
///
/// It holds no pointer into the soak's world, which threads that hang still change.
import Machine

package struct ThreadViolation: Sendable {
  /// What the round was at.
  package enum Moment: Sendable {
    /// One task made the mappings with which the race begins.
    case populating
    case racing
    /// All threads had ended: the tables were verified, or taken down.
    case atRest
  }

  package var configuration: SoakConfiguration
  package var round: UInt64
  package var violation: Violation
  package var moment: Moment
  /// By thread: requests of the round that it had begun.
  package var begun: [UInt64]

  package init(
    configuration: SoakConfiguration, round: UInt64, violation: Violation, moment: Moment, begun: [UInt64]
  ) {
    self.configuration = configuration
    self.round = round
    self.violation = violation
    self.moment = moment
    self.begun = begun
  }
}
