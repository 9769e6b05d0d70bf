"""What type checkers and editors see of the front door; `econsim.__init__` opens it lazily."""

from econsim.audit import audit as audit
from econsim.errors import AgentError as AgentError
from econsim.errors import BidError as BidError
from econsim.errors import ConvergenceError as ConvergenceError
from econsim.errors import DataError as DataError
from econsim.errors import DecisionError as DecisionError
from econsim.errors import EconsimError as EconsimError
from econsim.errors import MechanismError as MechanismError
from econsim.errors import ModelFailed as ModelFailed
from econsim.errors import ParameterError as ParameterError
from econsim.errors import ScenarioError as ScenarioError
from econsim.experiments.calibrate import calibrate as calibrate
from econsim.experiments.compare import compare as compare
from econsim.experiments.replay import replay as replay
from econsim.experiments.reproduce import reproduce as reproduce
from econsim.models.marketplace import Marketplace as Marketplace

__version__: str
