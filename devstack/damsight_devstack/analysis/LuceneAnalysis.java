package damsight.devstack;

import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.ar.ArabicAnalyzer;
import org.apache.lucene.analysis.cjk.CJKAnalyzer;
import org.apache.lucene.analysis.de.GermanAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.es.SpanishAnalyzer;
import org.apache.lucene.analysis.fr.FrenchAnalyzer;
import org.apache.lucene.analysis.it.ItalianAnalyzer;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.nl.DutchAnalyzer;
import org.apache.lucene.analysis.pt.PortugueseAnalyzer;
import org.apache.lucene.analysis.ru.RussianAnalyzer;
import org.elasticsearch.index.analysis.AnalyzerProvider;
import org.elasticsearch.index.analysis.AnalyzerScope;
import org.elasticsearch.index.analysis.NormalizingTokenFilterFactory;
import org.elasticsearch.index.analysis.TokenFilterFactory;
import org.elasticsearch.indices.analysis.AnalysisModule.AnalysisProvider;
import org.elasticsearch.plugins.AnalysisPlugin;
import org.elasticsearch.plugins.Plugin;

/**
 * Offers Lucene's own analyzers under the names that the official distribution gives them in its module
 * analysis-common, which Maven does not have. Only those that damsight's tests use; stop words and stemmers are
 * Lucene's defaults, as they are there.
 */
public final class LuceneAnalysis extends Plugin implements AnalysisPlugin {
    @Override
    public Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> getAnalyzers() {
        Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> offered = new TreeMap<>();
        offer(offered, "arabic", ArabicAnalyzer::new);
        offer(offered, "cjk", CJKAnalyzer::new);
        offer(offered, "dutch", DutchAnalyzer::new);
        offer(offered, "english", EnglishAnalyzer::new);
        offer(offered, "french", FrenchAnalyzer::new);
        offer(offered, "german", GermanAnalyzer::new);
        offer(offered, "italian", ItalianAnalyzer::new);
        offer(offered, "portuguese", PortugueseAnalyzer::new);
        offer(offered, "russian", RussianAnalyzer::new);
        offer(offered, "spanish", SpanishAnalyzer::new);
        return offered;
    }

    @Override
    public Map<String, AnalysisProvider<TokenFilterFactory>> getTokenFilters() {
        return Map.of("asciifolding", (index, environment, name, settings) -> new Filter(name, ASCIIFoldingFilter::new));
    }

    private static void offer(
        Map<String, AnalysisProvider<AnalyzerProvider<? extends Analyzer>>> offered,
        String name,
        Supplier<Analyzer> made
    ) {
        offered.put(name, (index, environment, given, settings) -> new Provided(given, made.get()));
    }

    private record Provided(String name, Analyzer get) implements AnalyzerProvider<Analyzer> {
        @Override
        public AnalyzerScope scope() {
            return AnalyzerScope.INDICES;
        }
    }

    private record Filter(String name, UnaryOperator<TokenStream> made) implements NormalizingTokenFilterFactory {
        @Override
        public TokenStream create(TokenStream stream) {
            return made.apply(stream);
        }
    }
}
