"""One Elasticsearch node in this process: `python -m damsight_devstack.elasticsearch_node LAUNCH_FILE`."""

import jpype

from damsight_devstack.launch import Launch
from damsight_devstack.node_process import Close, run_node


def open_elasticsearch(launch: Launch) -> Close:
    """Do what the distribution's own Elasticsearch.main does after its security set-up; returns what closes it."""
    logs = jpype.JClass("org.elasticsearch.common.logging.LogConfigurator")
    logs.registerErrorListener()
    logs.configureESLogging()
    environment = _environment(launch)
    use_console = True
    logs.configure(environment, use_console)
    loader = jpype.JClass("org.elasticsearch.plugins.PluginsLoader")
    must_exist = True
    plugins = loader.createPluginsLoader(
        loader.loadModulesBundles(environment.modulesDir(), must_exist),
        loader.loadPluginsBundles(environment.pluginsDir(), must_exist),
        jpype.JClass("java.util.Map").of(),
        launch.uses_modules,
    )
    node = jpype.JClass("org.elasticsearch.node.Node")(environment, plugins)
    node.start()

    def close() -> None:
        node.close()

    return close


def _environment(launch: Launch) -> jpype.JObject:
    builder = jpype.JClass("org.elasticsearch.common.settings.Settings").builder()
    for key, value in launch.settings.items():
        builder.put(key, value)
    name = jpype.JProxy("java.util.function.Supplier", dict={"get": lambda: launch.settings["node.name"]})
    config = jpype.JClass("java.nio.file.Path").of(f"{launch.home}/config")
    preparer = jpype.JClass("org.elasticsearch.node.InternalSettingsPreparer")
    return preparer.prepareEnvironment(builder.build(), jpype.JClass("java.util.Map").of(), config, name)


if __name__ == "__main__":
    run_node(open_elasticsearch)
