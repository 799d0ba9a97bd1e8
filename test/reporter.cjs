/** Mocha's spec reporter, with the count that CI reads as its last line. */
const { Spec } = require('mocha').reporters;

module.exports = class Reporter extends Spec {
  epilogue() {
    super.epilogue();
    const { passes = 0, failures = 0 } = this.stats;
    console.log(`${passes} passed, ${failures} failed`);
  }
};
